<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Notifications;

use Illuminate\Notifications\Notification;
use LogicException;
use WhatsAppManager\Laravel\Client\SentMessage;
use WhatsAppManager\Laravel\Facades\WhatsApp;

/**
 * `via('whatsapp')`: sends what `toWhatsApp($notifiable)` gives to where `routeNotificationForWhatsApp` says. A WhatsAppException goes
 * through, so that a queued notification is tried again.
 */
final class WhatsAppChannel
{
    /** @return SentMessage|null null: the notifiable has no number, or the notification nothing to say */
    public function send(mixed $notifiable, Notification $notification): ?SentMessage
    {
        $to = $notifiable->routeNotificationFor('whatsapp', $notification)
            ?? $notifiable->routeNotificationFor(self::class, $notification);
        if ($to === null || $to === '') {
            return null;
        }
        if (!method_exists($notification, 'toWhatsApp')) {
            throw new LogicException(get_class($notification) . ' needs a method toWhatsApp($notifiable) to go out via whatsapp.');
        }
        $message = $notification->toWhatsApp($notifiable);
        if ($message === null) {
            return null;
        }
        $message = is_string($message) ? WhatsAppMessage::text($message) : $message;

        return WhatsApp::send($message->session(), $to, $message);
    }
}
