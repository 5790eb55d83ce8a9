<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Client;

use WhatsAppManager\Laravel\Exceptions\UnexpectedAnswer;

/** What the manager answered: a status below 400 and its body. */
final class Answer
{
    /** @param array<string, string> $headers names in lower case */
    public function __construct(
        public readonly int $status,
        public readonly string $body,
        public readonly array $headers = [],
    ) {
    }

    /**
     * The JSON of the body as an array.
     *
     * @return array<string, mixed>
     *
     * @throws UnexpectedAnswer when it is none: something else than the manager answers at this address
     */
    public function json(): array
    {
        $decoded = $this->decoded();
        if ($decoded === null) {
            throw UnexpectedAnswer::notJson($this);
        }

        return $decoded;
    }

    /** @return array<string, mixed>|null null: the body is no JSON object */
    public function decoded(): ?array
    {
        $decoded = json_decode($this->body, true);

        return is_array($decoded) ? $decoded : null;
    }

    /** A header by its name, or null. */
    public function header(string $name): ?string
    {
        return $this->headers[strtolower($name)] ?? null;
    }

    /** Seconds to wait that `Retry-After` names (the manager gives seconds), or null. */
    public function retryAfter(): ?int
    {
        $value = $this->header('retry-after');

        return $value !== null && ctype_digit($value) ? (int) $value : null;
    }
}
