<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Events;

use Illuminate\Queue\SerializesModels;
use WhatsAppManager\Laravel\Models\Message;
use WhatsAppManager\Laravel\Models\Session;

/** What all events of a message have. */
abstract class MessageEvent
{
    use SerializesModels;

    public function __construct(public Message $message)
    {
    }

    /** The session it came to; null when the application has deleted its row. */
    public function session(): ?Session
    {
        return $this->message->session;
    }
}
