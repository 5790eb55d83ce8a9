<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Client;

use WhatsAppManager\Laravel\Exceptions\ManagerUnreachable;
use WhatsAppManager\Laravel\Exceptions\WhatsAppException;

/**
 * Which failed request is asked again, and when. What cannot have been done is (no connection, 429, `SHUTTING_DOWN`); what may have
 * been done is only if asking twice changes nothing: reads, and sends with their Idempotency-Key. What was refused never is. One
 * policy is for one request.
 */
final class RetryPolicy
{
    /** Milliseconds before the second, third and fourth attempt: a manager is back from a restart within seconds. */
    private const DELAYS = [200, 1000, 2500];

    /** In all; nobody's request stands still for longer, and a queued job rather releases itself with `retryAfter()`. */
    private const PATIENCE_MS = 6000;

    private int $waited = 0;

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
        $delay = max($delay, 1000 * ($failure->retryAfter() ?? 0));
        $this->waited += $delay;

        return $this->waited > self::PATIENCE_MS ? null : $delay;
    }

    private function mayRepeat(int $attempt, WhatsAppException $failure): bool
    {
        if ($failure instanceof ManagerUnreachable) {
            return $failure->wasNeverSent() || ($this->repeatable && !($failure->timedOut() && $attempt > 1));
        }

        return match ($failure->errorCode()) {
            'SHUTTING_DOWN', 'TOO_MANY_REQUESTS', 'IDEMPOTENCY_IN_FLIGHT' => true,
            // A session between two nodes comes back by itself, and says when; all else somebody has to mend first.
            'NOT_READY' => $failure->retryAfter() !== null,
            default => match ($failure->status()) {
                429 => true,
                502, 503, 504 => $this->repeatable,
                default => false,
            },
        };
    }
}
