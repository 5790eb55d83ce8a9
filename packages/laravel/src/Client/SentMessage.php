<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Client;

/** What became of a send so far; the rest is told by status (`Events\MessageStatusChanged`, or `WhatsApp::session()->message()`). */
final class SentMessage
{
    /**
     * @param string $id WhatsApp's id, to reply to, edit or delete it
     * @param string $status `sent`: WhatsApp has it; `queued`: it goes out by itself; `unknown`: it left, nobody knows; of a
     *     replayed one also `delivered`, `read`, `played`
     * @param string $chatId where it went
     * @param bool $replayed nothing was sent now: it is the message that was sent under this key before
     */
    public function __construct(
        public readonly string $id,
        public readonly string $status,
        public readonly string $sessionId,
        public readonly string $chatId,
        public readonly bool $replayed = false,
    ) {
    }

    /** @param array<string, mixed> $answer of `POST /send-message` */
    public static function of(string $sessionId, array $answer): self
    {
        return new self(
            $answer['message_id'],
            $answer['status'],
            $sessionId,
            (string) ($answer['response']['key']['remoteJid'] ?? ''),
            ($answer['replayed'] ?? false) === true,
        );
    }

    /** WhatsApp's server has it. */
    public function isSent(): bool
    {
        return in_array($this->status, ['sent', 'delivered', 'read', 'played'], true);
    }
}
