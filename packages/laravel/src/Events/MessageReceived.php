<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Events;

/** A message came: words, a file, a place, a vote. An edit, a deletion and a reaction have events of their own. */
class MessageReceived extends MessageEvent
{
}
