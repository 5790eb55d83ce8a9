<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Client;

use SensitiveParameter;
use WhatsAppManager\Laravel\Sending\Recipient;
use WhatsAppManager\Laravel\Sending\Sender;

/** One session: `WhatsApp::session('shop')`. */
final class SessionClient
{
    public function __construct(
        private readonly Manager $manager,
        private readonly Sender $sender,
        public readonly string $id,
    ) {
    }

    /** @param int|string|object $to a number with its country code, a `chat_id`, or a received message */
    public function to(#[SensitiveParameter] int|string|object $to): Chat
    {
        return new Chat($this->manager, $this->sender, $this->id, $to);
    }

    /**
     * As the manager has it: `state`, `estado_qr`, `wa_id`, `reason`, `reason_text` …
     *
     * @return array<string, mixed>
     */
    public function get(): array
    {
        return $this->manager->session($this->id);
    }

    public function isOpen(): bool
    {
        return $this->get()['state'] === 'open';
    }

    /** @return array<string, mixed> the session */
    public function restart(): array
    {
        return $this->manager->restart($this->id);
    }

    /** @return array<string, mixed> the session */
    public function logout(): array
    {
        return $this->manager->logout($this->id);
    }

    /** Unlinks and erases it; false while WhatsApp has not confirmed it. The application's row is its own to delete. */
    public function delete(): bool
    {
        return $this->manager->delete($this->id);
    }

    /** Its QR as `svg`, `png` or `txt`: a secret, for its owner alone. */
    public function qr(string $format = 'svg'): string
    {
        return $this->manager->drawnQr($this->id, $format);
    }

    /** A code to be typed into the phone of that number: a secret, for its owner alone. */
    public function pairingCode(#[SensitiveParameter] string $phoneNumber): string
    {
        return $this->manager->requestPairingCode($this->id, Recipient::address($phoneNumber))['code'];
    }

    /**
     * Marks received messages as read, by their ids or as they came; any number.
     *
     * @param string|object|iterable<string|object> $messages
     */
    public function read(string|object|iterable $messages): void
    {
        $ids = [];
        foreach (is_iterable($messages) ? $messages : [$messages] as $message) {
            $ids[] = is_string($message) ? $message : (string) $message->message_id;
        }
        foreach (array_chunk(array_values(array_unique($ids)), 1000) as $some) {
            $this->manager->markRead($this->id, $some);
        }
    }

    /** Shows the account as online, or ends that: its phone alerts nobody meanwhile. */
    public function available(bool $available = true): void
    {
        $this->manager->showPresence($this->id, $available ? 'available' : 'unavailable');
    }

    /**
     * Whether a number is on WhatsApp, and under which jid.
     *
     * @return array{phone: string, exists: bool, jid: ?string, lid: ?string}
     */
    public function number(#[SensitiveParameter] string $phone): array
    {
        return $this->manager->number($this->id, Recipient::address($phone));
    }

    /**
     * Where a message stands, with its history.
     *
     * @return array<string, mixed>
     */
    public function message(string $messageId): array
    {
        return $this->manager->message($this->id, $messageId);
    }

    /** What was received after one seq, up to another, comes again, under its first ids. Returns how many messages that are. */
    public function replay(int $after, ?int $until = null): int
    {
        return $this->manager->replay($this->id, $after, $until);
    }

    /** What waits for this application is tried now. Returns in how many lanes something did. */
    public function retryDeliveries(): int
    {
        return $this->manager->retryDeliveries($this->id);
    }
}
