<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Exceptions;

use RuntimeException;
use Throwable;
use WhatsAppManager\Laravel\Client\Answer;

/**
 * What went wrong between this application and the manager: a code for programs, a sentence, and what to do about it. Its message
 * has all three; no body, number or key is in it.
 */
class WhatsAppException extends RuntimeException
{
    /**
     * @param int $status HTTP status of the answer; 0: there was none
     * @param array<string, list<string>> $errors messages by field, with `VALIDATION_FAILED`
     * @param int|null $retryAfter seconds
     */
    final public function __construct(
        private readonly string $errorCode,
        private readonly string $sentence,
        private readonly int $status = 0,
        private readonly array $errors = [],
        private readonly ?int $retryAfter = null,
        ?Throwable $previous = null,
    ) {
        parent::__construct("{$sentence} [{$errorCode}] {$this->whatToDo()}", $status, $previous);
    }

    /** The exception for an answer that is no 2xx. */
    public static function fromAnswer(Answer $answer): self
    {
        if ($answer->status >= 300 && $answer->status < 400) {
            return UnexpectedAnswer::redirect($answer);
        }
        $json = $answer->decoded() ?? [];
        $known = is_string($json['error'] ?? null);
        $code = $known ? $json['error'] : "HTTP_{$answer->status}";
        $sentence = is_string($json['message'] ?? null) ? $json['message'] : "The answer was HTTP {$answer->status}.";
        $errors = is_array($json['errors'] ?? null) ? $json['errors'] : [];
        $class = self::classFor($code, $answer->status);

        return new $class($code, $sentence, $answer->status, $errors, $answer->retryAfter());
    }

    /** The manager's code, such as `SESSION_NOT_CONNECTED` (README has the list), or `MANAGER_UNREACHABLE` when it did not answer. */
    public function errorCode(): string
    {
        return $this->errorCode;
    }

    /** Whether it has one of these codes. */
    public function is(string ...$codes): bool
    {
        return in_array($this->errorCode, $codes, true);
    }

    /** HTTP status of the answer; 0: there was none. */
    public function status(): int
    {
        return $this->status;
    }

    /** What was said of it, without code and advice. */
    public function sentence(): string
    {
        return $this->sentence;
    }

    /**
     * Messages by field, as in a Laravel validation error.
     *
     * @return array<string, list<string>>
     */
    public function errors(): array
    {
        return $this->errors;
    }

    /** Seconds after which it may work, if somebody said so: `$this->release($e->retryAfter() ?? 30)` in a job. */
    public function retryAfter(): ?int
    {
        return $this->retryAfter;
    }

    /** What mends it, in a sentence or two. */
    public function whatToDo(): string
    {
        return Advice::for($this->errorCode, $this->status);
    }

    /** Whether the same call may work later without anybody changing anything. */
    public function isTemporary(): bool
    {
        return $this->status === 0 || $this->status === 429 || $this->status >= 500
            || $this->is('IDEMPOTENCY_IN_FLIGHT', 'SESSION_NOT_CONNECTED');
    }

    /**
     * For Laravel's log.
     *
     * @return array<string, mixed>
     */
    public function context(): array
    {
        return ['whatsapp_error' => $this->errorCode, 'whatsapp_status' => $this->status];
    }

    /** @return class-string<self> */
    private static function classFor(string $code, int $status): string
    {
        return match (true) {
            in_array($code, ['SESSION_NOT_CONNECTED', 'SESSION_LOGGED_OUT'], true) => SessionNotConnected::class,
            in_array($code, ['WHATSAPP_REJECTED', 'NOT_ON_WHATSAPP', 'NOT_GROUP_ADMIN', 'SEND_FAILED'], true) => SendRefused::class,
            str_starts_with($code, 'MEDIA_') && $status < 500 => MediaRefused::class,
            $status === 401, $status === 403 => AccessRefused::class,
            $status === 404, $status === 410 => NotFound::class,
            $status === 409 => Conflict::class,
            $status === 429 => TooManyRequests::class,
            $status >= 500 => ManagerFailed::class,
            default => InvalidRequest::class,
        };
    }
}
