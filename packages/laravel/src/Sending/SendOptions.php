<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Sending;

use Illuminate\Database\Eloquent\Model;
use InvalidArgumentException;

/** What any message may have beside its content, and what makes it one message however often it is asked for. */
trait SendOptions
{
    /** @var array<string, mixed> fields of `POST /send-message` */
    private array $optional = [];

    private ?string $onceKey = null;

    private ?Model $aboutModel = null;

    private bool $isAgain = false;

    /** What an option is set on: this object, or a copy. */
    abstract protected function changing(): static;

    /** Quotes a message of this chat, by its id or as a received message. */
    public function replyTo(string|object $message): static
    {
        return $this->setting('reply_to', is_string($message) ? $message : (string) $message->message_id);
    }

    /** Names people in a group, whom the text names with `@` and the same digits. */
    public function mention(string ...$people): static
    {
        $people = array_map([Recipient::class, 'address'], array_values($people));

        return $this->setting('mentions', array_merge($this->optional['mentions'] ?? [], $people));
    }

    /** Shows "typing…" first. */
    public function typing(bool $typing = true): static
    {
        return $this->setting('typing', $typing);
    }

    /** Your own name for it (up to 255 characters): comes back with every status, even with one that comes before the send's answer. */
    public function ref(int|string $reference): static
    {
        return $this->setting('client_ref', (string) $reference);
    }

    /**
     * Comes back with every status, like `ref()`: up to 1 KB of JSON.
     *
     * @param array<string, mixed> $metadata
     */
    public function metadata(array $metadata): static
    {
        return $this->setting('metadata', $metadata);
    }

    /**
     * Fields of `POST /send-message` that have no method here.
     *
     * @param array<string, mixed> $fields
     */
    public function with(array $fields): static
    {
        $changed = $this->changing();
        $changed->optional = array_merge($changed->optional, $fields);

        return $changed;
    }

    /**
     * One message under this name within 72 h, whoever asks for it how often: a repetition sends nothing and gives the first one
     * (`replayed`). With other content it is refused (IDEMPOTENCY_MISMATCH).
     */
    public function once(string $key): static
    {
        return $this->named($key, $this->aboutModel, false);
    }

    /** One message of this content about this model within 72 h, as `once()`; another content is another message. */
    public function about(Model $model): static
    {
        if ($model->getKey() === null) {
            throw new InvalidArgumentException('about() needs a model that is saved: its key tells it from others.');
        }

        return $this->named($this->onceKey, $model, false);
    }

    /** A message of its own, on purpose, whatever `once()` or `about()` said before. */
    public function again(): static
    {
        return $this->named(null, null, true);
    }

    public function onceKey(): ?string
    {
        return $this->onceKey;
    }

    public function aboutModel(): ?Model
    {
        return $this->aboutModel;
    }

    /** @return array{array<string, mixed>, ?string, ?Model, bool} fields, `once()`, `about()`, `again()` */
    public function sendOptions(): array
    {
        return [$this->optional, $this->onceKey, $this->aboutModel, $this->isAgain];
    }

    /** What another one (with this trait) says, where this one says nothing. */
    public function withOptionsOf(object $other): static
    {
        [$optional, $onceKey, $aboutModel, $isAgain] = $other->sendOptions();
        $this->optional += $optional;
        if ($this->onceKey === null && $this->aboutModel === null && !$this->isAgain) {
            [$this->onceKey, $this->aboutModel, $this->isAgain] = [$onceKey, $aboutModel, $isAgain];
        }

        return $this;
    }

    private function setting(string $field, mixed $value): static
    {
        $changed = $this->changing();
        $changed->optional[$field] = $value;

        return $changed;
    }

    private function named(?string $once, ?Model $about, bool $again): static
    {
        $changed = $this->changing();
        [$changed->onceKey, $changed->aboutModel, $changed->isAgain] = [$once, $about, $again];

        return $changed;
    }
}
