<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Events;

use DateTimeInterface;
use WhatsAppManager\Laravel\Models\Session;

/** What all events of an account beside its messages have; the manager tells those that its LARAVEL_EVENTS names. */
abstract class AccountEvent
{
    /** @param array<string, mixed> $data the whole delivery, as docs/webhooks.md of the manager shows it */
    public function __construct(
        public string $sessionId,
        public string $eventId,
        public DateTimeInterface $at,
        public array $data,
    ) {
    }

    public function session(): ?Session
    {
        return Session::query()->where('session_id', $this->sessionId)->first();
    }

    /** One field of the delivery, null when it is absent. */
    public function get(string $key): mixed
    {
        return $this->data[$key] ?? null;
    }
}
