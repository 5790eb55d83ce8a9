<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Client\Concerns;

/** What happened: a session's log, the way of a message, a chat. */
trait ReadsHistory
{
    /**
     * `GET /sessions/{id}/events`; `next` goes into `$after`.
     *
     * @return array{events: list<array{seq: int, at: string, type: string, data: array<string, mixed>}>, next: ?int}
     */
    public function events(string $sessionId, int $after = 0, int $limit = 100): array
    {
        return $this->get($this->sessionPath($sessionId, '/events'), ['after' => $after, 'limit' => $limit]);
    }

    /**
     * `GET /sessions/{id}/at/{seq}`: the session as it was after that fact.
     *
     * @return array{success: true, session_id: string, seq: int, at: string, state: string, context: array<string, mixed>, can: list<string>}
     */
    public function sessionAt(string $sessionId, int $seq): array
    {
        return $this->get($this->sessionPath($sessionId, "/at/{$seq}"));
    }

    /**
     * `GET /sessions/{id}/messages/{message_id}`: where a message stands, with its history.
     *
     * @return array<string, mixed> `status`, `error`, `history: [{status, at, error}]` …
     */
    public function message(string $sessionId, string $messageId): array
    {
        return $this->get($this->sessionPath($sessionId, '/messages/' . rawurlencode($messageId)));
    }

    /**
     * `GET /sessions/{id}/chats/{chat_id}/messages`, newest first; `next` goes into `$before`.
     *
     * @return array{success: true, session_id: string, chat_id: string, messages: list<array<string, mixed>>, next: ?int}
     */
    public function chatMessages(string $sessionId, string $chatId, ?int $before = null, int $limit = 100): array
    {
        return $this->get(
            $this->sessionPath($sessionId, '/chats/' . rawurlencode($chatId) . '/messages'),
            ['before' => $before, 'limit' => $limit],
        );
    }
}
