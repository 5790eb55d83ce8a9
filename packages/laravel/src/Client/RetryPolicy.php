<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Client;

use WhatsAppManager\Laravel\Exceptions\ManagerUnreachable;
use WhatsAppManager\Laravel\Exceptions\WhatsAppException;

/**
 * Which failed request is asked again, and when. What cannot have been done is (no connection, 429, `SHUTTING_DOWN`); what may have
 * been done is only if asking twice changes nothing: reads, and sends with their Idempotency-Key. What was refused never is.
 */
final class RetryPolicy
{
    /** Milliseconds before the second and the third attempt. */
    private const DELAYS = [200, 1000];

    /** Nobody's request stands still for longer; a queued job rather releases itself with `retryAfter()`. */
    private const PATIENCE_SECONDS = 5;

    public function __construct(private readonly bool $repeatable)
    {
    }

    /** Milliseconds to wait before attempt `$attempt + 1`; null: give up. */
    public function delayAfter(int $attempt, WhatsAppException $failure): ?int
    {
        $delay = self::DELAYS[$attempt - 1] ?? null;
        if ($delay === null || !$this->mayRepeat($attempt, $failure)) {
            return null;
        }
        $asked = $failure->retryAfter();
        if ($asked === null) {
            return $delay;
        }

        return $asked > self::PATIENCE_SECONDS ? null : max($delay, $asked * 1000);
    }

    private function mayRepeat(int $attempt, WhatsAppException $failure): bool
    {
        if ($failure instanceof ManagerUnreachable) {
            return $failure->wasNeverSent() || ($this->repeatable && ! ($failure->timedOut() && $attempt > 1));
        }

        return match ($failure->errorCode()) {
            'SHUTTING_DOWN', 'TOO_MANY_REQUESTS', 'IDEMPOTENCY_IN_FLIGHT' => true,
            // Somebody has to mend it first.
            'NOT_READY' => false,
            default => match ($failure->status()) {
                429 => true,
                502, 503, 504 => $this->repeatable,
                default => false,
            },
        };
    }
}
