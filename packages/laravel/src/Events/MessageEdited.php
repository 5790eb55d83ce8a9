<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Events;

/** A message was edited: `$message->body` has the new words, `original()` has them too and its `original_body` the first ones. */
class MessageEdited extends ChangeEvent
{
}
