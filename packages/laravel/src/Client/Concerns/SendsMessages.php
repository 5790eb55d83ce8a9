<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Client\Concerns;

use SensitiveParameter;
use WhatsAppManager\Laravel\Client\Answer;

/** What goes out to WhatsApp, and the files that came from it. */
trait SendsMessages
{
    /**
     * `POST /send-message`, as README's "What can be sent" has it. Asked again only with a key, which makes that safe.
     *
     * @param array<string, mixed> $fields `session_id`, `wa_id`, `type` …
     * @param string|null $key 1 to 255 printable characters: one message within 72 h
     *
     * @return array{success: true, message_id: string, status: string, replayed?: true, response: array{key: array<string, mixed>}}
     */
    public function sendMessage(array $fields, ?string $key = null): array
    {
        return $this->transport->request('POST', '/send-message', [
            'json' => $fields,
            'headers' => $key === null ? [] : ['Idempotency-Key' => $key],
            'repeatable' => $key !== null,
        ])->json();
    }

    /**
     * `POST /sessions/{id}/read`: 1 to 1000 received messages are marked as read.
     *
     * @param list<string> $messageIds
     */
    public function markRead(string $sessionId, array $messageIds): void
    {
        $this->post($this->sessionPath($sessionId, '/read'), ['message_ids' => array_values($messageIds)], true);
    }

    /** `POST /sessions/{id}/presence`: `available`, `unavailable`, or in a chat `composing`, `recording`, `paused`. */
    public function showPresence(string $sessionId, string $presence, ?string $chatId = null): void
    {
        $fields = ['presence' => $presence] + ($chatId === null ? [] : ['chat_id' => $chatId]);
        $this->post($this->sessionPath($sessionId, '/presence'), $fields, true);
    }

    /**
     * `GET /sessions/{id}/numbers/{phone}`: is it on WhatsApp?
     *
     * @return array{success: true, phone: string, exists: bool, jid: ?string, lid: ?string}
     */
    public function number(string $sessionId, #[SensitiveParameter] string $phone): array
    {
        return $this->get($this->sessionPath($sessionId, '/numbers/' . rawurlencode($phone)));
    }

    /** `GET /media/{id}`: the file of a message; with the path of a `$sink` it goes there, so that a large one needs no memory. */
    public function media(string $mediaId, ?string $sink = null): Answer
    {
        return $this->transport->request('GET', '/media/' . rawurlencode($mediaId), ['accept' => '*/*']
            + ($sink === null ? [] : ['sink' => $sink]));
    }
}
