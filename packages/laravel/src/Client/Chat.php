<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Client;

use SensitiveParameter;
use WhatsAppManager\Laravel\Notifications\MediaFile;
use WhatsAppManager\Laravel\Notifications\WhatsAppMessage;
use WhatsAppManager\Laravel\Sending\Recipient;
use WhatsAppManager\Laravel\Sending\Sender;
use WhatsAppManager\Laravel\Sending\SendOptions;

/**
 * One chat of one session: `to($chatId)->replyTo($message)->text('…')`. What is said before the verb holds for that message
 * alone: each option gives a new object. Every verb throws a WhatsAppException when the message was not taken.
 */
final class Chat
{
    use SendOptions;

    private readonly string $address;

    /** @param int|string|object $to digits, a `chat_id`, or what has one */
    public function __construct(
        private readonly Manager $manager,
        private readonly Sender $sender,
        private readonly string $sessionId,
        #[SensitiveParameter] int|string|object $to,
    ) {
        $this->address = Recipient::address($to);
    }

    public function send(#[SensitiveParameter] WhatsAppMessage|string $message): SentMessage
    {
        $message = is_string($message) ? WhatsAppMessage::text($message) : clone $message;

        return $this->sender->send($this->sessionId, $this->address, $message->withOptionsOf($this));
    }

    /** @param array{url?: string, title: string, description?: string, thumbnail_base64?: string}|null $preview of a link in it */
    public function text(#[SensitiveParameter] string $body, ?array $preview = null): SentMessage
    {
        return $this->send(WhatsAppMessage::text($body, $preview));
    }

    public function image(MediaFile|string $file, #[SensitiveParameter] ?string $caption = null): SentMessage
    {
        return $this->send(WhatsAppMessage::image($file, $caption));
    }

    public function video(MediaFile|string $file, #[SensitiveParameter] ?string $caption = null): SentMessage
    {
        return $this->send(WhatsAppMessage::video($file, $caption));
    }

    public function gif(MediaFile|string $file, #[SensitiveParameter] ?string $caption = null): SentMessage
    {
        return $this->send(WhatsAppMessage::gif($file, $caption));
    }

    /** A voice note, or with `$voiceNote: false` a file to play. */
    public function audio(MediaFile|string $file, bool $voiceNote = true): SentMessage
    {
        return $this->send(WhatsAppMessage::audio($file, $voiceNote));
    }

    public function document(MediaFile|string $file, #[SensitiveParameter] ?string $caption = null): SentMessage
    {
        return $this->send(WhatsAppMessage::document($file, $caption));
    }

    public function sticker(MediaFile|string $file): SentMessage
    {
        return $this->send(WhatsAppMessage::sticker($file));
    }

    public function location(float $latitude, float $longitude, ?string $name = null, ?string $address = null): SentMessage
    {
        return $this->send(WhatsAppMessage::location($latitude, $longitude, $name, $address));
    }

    public function contact(#[SensitiveParameter] string $name, #[SensitiveParameter] string $phone): SentMessage
    {
        return $this->send(WhatsAppMessage::contact($name, $phone));
    }

    /** @param list<array{name: string, phone: string}> $contacts */
    public function contacts(array $contacts): SentMessage
    {
        return $this->send(WhatsAppMessage::contacts($contacts));
    }

    /** @param list<string> $options 2 to 12; `$select`: how many may be chosen, 0 is any number */
    public function poll(string $question, array $options, int $select = 1): SentMessage
    {
        return $this->send(WhatsAppMessage::poll($question, $options, $select));
    }

    /** An emoji on a message, given by its id or as a received message; `''` takes it back. */
    public function react(string|object $message, string $emoji): SentMessage
    {
        return $this->send(WhatsAppMessage::reaction($message, $emoji));
    }

    /** Other words in an own text, or under an own file. */
    public function edit(string|object $message, #[SensitiveParameter] string $body): SentMessage
    {
        return $this->send(WhatsAppMessage::edit($message, $body));
    }

    /** Takes an own message back; in a group that the account administers anybody's. */
    public function delete(string|object $message): SentMessage
    {
        return $this->send(WhatsAppMessage::delete($message));
    }

    /** Shows "typing…" here until `paused()`, or for a while. */
    public function composing(): void
    {
        $this->manager->showPresence($this->sessionId, 'composing', $this->address);
    }

    /** Shows "recording audio…" here. */
    public function recording(): void
    {
        $this->manager->showPresence($this->sessionId, 'recording', $this->address);
    }

    public function paused(): void
    {
        $this->manager->showPresence($this->sessionId, 'paused', $this->address);
    }

    /**
     * What the manager's store has of this chat, newest first; `next` goes into `$before`.
     *
     * @return array{messages: list<array<string, mixed>>, next: ?int, chat_id: string}
     */
    public function messages(?int $before = null, int $limit = 100): array
    {
        return $this->manager->chatMessages($this->sessionId, $this->address, $before, $limit);
    }

    protected function changing(): static
    {
        return clone $this;
    }
}
