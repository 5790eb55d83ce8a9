<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Events;

use WhatsAppManager\Laravel\Models\Message;

/** What all events of a message about another message have. */
abstract class ChangeEvent extends MessageEvent
{
    /** The message it is about, as it is now; null when it never came here. */
    public function original(): ?Message
    {
        return $this->message->repliedTo();
    }
}
