<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Events;

/** Somebody reacted: `$message->body` is the emoji, empty when the reaction was taken back. */
class ReactionReceived extends ChangeEvent
{
}
