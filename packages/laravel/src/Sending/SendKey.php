<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Sending;

/** An Idempotency-Key, and the name under which its failures are counted. */
final class SendKey
{
    public readonly string $value;

    /** @param bool $isNamed the same message has it again when it is asked for again */
    public function __construct(
        public readonly string $base,
        public readonly bool $isNamed,
        public readonly int $failures = 0,
    ) {
        $this->value = $failures === 0 ? $base : "{$base}~{$failures}";
    }
}
