<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Support;

/** Why a request is not the manager's: words for people, and a reason by which the manager's own check tells what to mend. */
final class Refusal
{
    public const UNSET = 'unset';
    public const TOKEN = 'token';
    public const SIGNATURE = 'signature';
    public const CLOCK = 'clock';

    public function __construct(
        public readonly string $reason,
        public readonly string $message,
    ) {
    }
}
