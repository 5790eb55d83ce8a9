<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Support;

/** One thing that was looked at. */
final class Finding
{
    public const PASSED = 'passed';
    public const WARNING = 'warning';
    public const FAILED = 'failed';

    /** @param string|null $mend what somebody can do; null: nothing needs to be done */
    private function __construct(
        public readonly string $subject,
        public readonly string $result,
        public readonly string $message,
        public readonly ?string $mend,
    ) {
    }

    public static function passed(string $subject, string $message): self
    {
        return new self($subject, self::PASSED, $message, null);
    }

    public static function warning(string $subject, string $message, ?string $mend = null): self
    {
        return new self($subject, self::WARNING, $message, $mend);
    }

    public static function failed(string $subject, string $message, ?string $mend = null): self
    {
        return new self($subject, self::FAILED, $message, $mend);
    }
}
