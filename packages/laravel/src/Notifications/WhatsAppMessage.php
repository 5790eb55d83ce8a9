<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Notifications;

use SensitiveParameter;
use WhatsAppManager\Laravel\Sending\SendOptions;

/** A message to be sent: one of the named constructors, then what it has beside its content. */
final class WhatsAppMessage
{
    use SendOptions;

    private ?string $from = null;

    /** @param array<string, mixed> $content fields of `POST /send-message` */
    private function __construct(
        private readonly string $type,
        private readonly array $content,
        private readonly ?MediaFile $file = null,
    ) {
    }

    /**
     * @param array{url?: string, title: string, description?: string, thumbnail_base64?: string}|null $preview of a link in it
     */
    public static function text(#[SensitiveParameter] string $body, ?array $preview = null): self
    {
        return new self('text', ['body' => $body] + ($preview === null ? [] : ['link_preview' => $preview]));
    }

    /** @param MediaFile|string $file a string is a URL */
    public static function image(MediaFile|string $file, #[SensitiveParameter] ?string $caption = null): self
    {
        return self::media('image', $file, $caption);
    }

    public static function video(MediaFile|string $file, #[SensitiveParameter] ?string $caption = null): self
    {
        return self::media('video', $file, $caption);
    }

    /** A moving picture that plays by itself. */
    public static function gif(MediaFile|string $file, #[SensitiveParameter] ?string $caption = null): self
    {
        return self::media('gif', $file, $caption);
    }

    /** A voice note, or with `$voiceNote: false` a file to play. */
    public static function audio(MediaFile|string $file, bool $voiceNote = true): self
    {
        return self::media('audio', $file, null, $voiceNote ? [] : ['ptt' => false]);
    }

    public static function document(MediaFile|string $file, #[SensitiveParameter] ?string $caption = null): self
    {
        return self::media('document', $file, $caption);
    }

    public static function sticker(MediaFile|string $file): self
    {
        return self::media('sticker', $file);
    }

    public static function location(float $latitude, float $longitude, ?string $name = null, ?string $address = null): self
    {
        return new self('location', self::given(compact('latitude', 'longitude', 'name', 'address')));
    }

    /** A contact to be saved; `contacts()` for several. */
    public static function contact(#[SensitiveParameter] string $name, #[SensitiveParameter] string $phone): self
    {
        return self::contacts([['name' => $name, 'phone' => $phone]]);
    }

    /** @param list<array{name: string, phone: string}> $contacts */
    public static function contacts(array $contacts): self
    {
        return new self('contact', ['contacts' => array_values($contacts)]);
    }

    /**
     * @param list<string> $options 2 to 12
     * @param int $select how many may be chosen; 0 is any number
     */
    public static function poll(string $question, array $options, int $select = 1): self
    {
        return new self('poll', ['body' => $question, 'options' => array_values($options), 'select' => $select]);
    }

    /** An emoji on a message, given by its id or as a received message; `''` takes it back. */
    public static function reaction(string|object $message, string $emoji): self
    {
        return (new self('reaction', ['body' => $emoji]))->replyTo($message);
    }

    /** Other words in an own text, or under an own file. */
    public static function edit(string|object $message, #[SensitiveParameter] string $body): self
    {
        return (new self('edit', ['body' => $body]))->replyTo($message);
    }

    /** Takes an own message back; in a group that the account administers anybody's. */
    public static function delete(string|object $message): self
    {
        return (new self('delete', []))->replyTo($message);
    }

    /** The session that sends it, where that is not said elsewhere: an id, or its row. */
    public function from(string|object $session): self
    {
        $this->from = is_string($session) ? $session : (string) $session->session_id;

        return $this;
    }

    public function session(): ?string
    {
        return $this->from;
    }

    public function type(): string
    {
        return $this->type;
    }

    public function file(): ?MediaFile
    {
        return $this->file;
    }

    /** @return array<string, mixed> fields of `POST /send-message`, but for session, recipient and file */
    public function fields(): array
    {
        return ['type' => $this->type] + $this->content + $this->optional;
    }

    protected function changing(): static
    {
        return $this;
    }

    /** @param array<string, mixed> $more */
    private static function media(string $type, MediaFile|string $file, #[SensitiveParameter] ?string $caption = null, array $more = []): self
    {
        $file = is_string($file) ? MediaFile::fromUrl($file) : $file;

        return new self($type, self::given(['caption' => $caption]) + $more, $file);
    }

    /**
     * @param array<string, mixed> $fields
     *
     * @return array<string, mixed>
     */
    private static function given(array $fields): array
    {
        return array_filter($fields, static fn ($value): bool => $value !== null);
    }
}
