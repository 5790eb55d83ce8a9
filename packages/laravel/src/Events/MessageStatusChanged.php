<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Events;

use Illuminate\Queue\SerializesModels;
use WhatsAppManager\Laravel\Models\Message;
use WhatsAppManager\Laravel\Models\MessageStatus;

/** A send was `sent`, `delivered`, `read`, `played`, or it `failed`. */
class MessageStatusChanged
{
    use SerializesModels;

    public function __construct(public MessageStatus $status)
    {
    }

    /** The send, if the application keeps its sends in `whatsapp_messages`. */
    public function message(): ?Message
    {
        return $this->status->message();
    }
}
