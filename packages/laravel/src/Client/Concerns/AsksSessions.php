<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Client\Concerns;

/** Sessions: what there is, in which state, and what is to become of them. */
trait AsksSessions
{
    /**
     * `POST /start`: creates a session, wakes it, or tries again.
     *
     * @param int|string $userId who owns it, up to 64 characters
     * @param array<string, mixed> $more such as `metadata`
     *
     * @return array{success: true, session_id: string, state: string}
     */
    public function start(
        int|string $userId,
        ?string $sessionId = null,
        ?string $phoneNumber = null,
        array $more = [],
    ): array {
        $fields = ['user_id' => $userId, 'session_id' => $sessionId, 'phone_number' => $phoneNumber] + $more;

        // Without an id each request makes another session.
        return $this->post('/start', array_filter($fields, static fn ($value): bool => $value !== null), $sessionId !== null);
    }

    /**
     * `GET /sessions`; `next` goes into `after`.
     *
     * @param array{limit?: int, after?: string, state?: string, user_id?: string, q?: string} $query
     *
     * @return array{success: true, count: int, sessions: list<array<string, mixed>>, next: ?string}
     */
    public function sessions(array $query = []): array
    {
        return $this->get('/sessions', $query);
    }

    /**
     * All sessions that match, page by page while they are read.
     *
     * @param array{state?: string, user_id?: string, q?: string} $query
     *
     * @return iterable<array<string, mixed>>
     */
    public function eachSession(array $query = []): iterable
    {
        $after = null;
        do {
            $page = $this->sessions(['limit' => 1000, 'after' => $after] + $query);
            yield from $page['sessions'];
            $after = $page['next'];
        } while ($after !== null);
    }

    /**
     * `GET /sessions/{id}`: `session_id`, `user_id`, `state`, `detail`, `estado_qr`, `wa_id`, `reason`, `reason_text` …
     *
     * @return array<string, mixed>
     */
    public function session(string $sessionId): array
    {
        return $this->get($this->sessionPath($sessionId))['session'];
    }

    /**
     * `POST /sessions/{id}/restart`: a new connection under the same credentials.
     *
     * @return array<string, mixed> the session
     */
    public function restart(string $sessionId): array
    {
        return $this->post($this->sessionPath($sessionId, '/restart'))['session'];
    }

    /**
     * `POST /sessions/{id}/logout`: unlinks the phone.
     *
     * @return array<string, mixed> the session; its `state` is no `loggedOut` while WhatsApp has not confirmed it
     */
    public function logout(string $sessionId): array
    {
        return $this->post($this->sessionPath($sessionId, '/logout'), null, true)['session'];
    }

    /** `DELETE /sessions/{id}`: unlinks and erases. False: WhatsApp has not confirmed it yet, and it goes on by itself. */
    public function delete(string $sessionId): bool
    {
        return $this->transport->request('DELETE', $this->sessionPath($sessionId))->status !== 202;
    }
}
