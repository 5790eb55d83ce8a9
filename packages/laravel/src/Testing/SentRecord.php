<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Testing;

use SensitiveParameter;
use WhatsAppManager\Laravel\Sending\Recipient;

/** A message that would have gone out. Fields of `POST /send-message` are its properties: `$sent->body`, `$sent->caption` … */
final class SentRecord
{
    /** @param array<string, mixed> $fields */
    public function __construct(
        public readonly array $fields,
        public readonly ?string $key,
    ) {
    }

    public function session(): string
    {
        return (string) $this->fields['session_id'];
    }

    public function to(): string
    {
        return (string) $this->fields['wa_id'];
    }

    public function type(): string
    {
        return (string) $this->fields['type'];
    }

    /** The words: a text's, a question's, or those under a file. */
    public function text(): ?string
    {
        return $this->fields['body'] ?? $this->fields['caption'] ?? null;
    }

    public function isTo(#[SensitiveParameter] int|string|object $to): bool
    {
        return Recipient::name($this->to()) === Recipient::name(Recipient::address($to));
    }

    public function __get(string $field): mixed
    {
        return $this->fields[$field] ?? null;
    }

    public function __isset(string $field): bool
    {
        return isset($this->fields[$field]);
    }
}
