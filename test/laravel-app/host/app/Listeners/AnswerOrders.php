<?php

declare(strict_types=1);

namespace App\Listeners;

use WhatsAppManager\Laravel\Events\MessageReceived;
use WhatsAppManager\Laravel\Facades\WhatsApp;

/** Answers who asks for an order, and keeps the files that come. */
class AnswerOrders
{
    public function handle(MessageReceived $event): void
    {
        $message = $event->message;
        if ($message->media !== null) {
            WhatsApp::media($message)->store();
        }
        if (strncmp((string) $message->body, 'order ', 6) === 0) {
            WhatsApp::replyTo($message)->text('On its way: '.substr((string) $message->body, 6));
        }
    }
}
