<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Client\Concerns;

/** What this application did not take yet, or ever, and how it gets it after all. */
trait WatchesDeliveries
{
    /**
     * `GET /deliveries`, newest first; `next` goes into `before`, and only null means that there are no more.
     *
     * @param array{state?: 'waiting'|'dead', session_id?: string, limit?: int, before?: int} $query
     *
     * @return array{success: true, count: int, deliveries: list<array<string, mixed>>, next: ?int}
     */
    public function deliveries(array $query = []): array
    {
        return $this->get('/deliveries', $query);
    }

    /**
     * `GET /deliveries/dead`: what was not taken within 72 h, or refused five times.
     *
     * @param array{session_id?: string, limit?: int, before?: int} $query
     *
     * @return array{success: true, count: int, deliveries: list<array<string, mixed>>, next: ?int}
     */
    public function deadDeliveries(array $query = []): array
    {
        return $this->get('/deliveries/dead', $query);
    }

    /**
     * `GET /deliveries/{id}`: one of them, with its `payload`.
     *
     * @return array<string, mixed>
     */
    public function delivery(int $id): array
    {
        return $this->get("/deliveries/{$id}")['delivery'];
    }

    /** `POST /deliveries/retry`: what waits is tried now. Returns in how many lanes something did. */
    public function retryDeliveries(?string $sessionId = null): int
    {
        return $this->post('/deliveries/retry', ['session_id' => $sessionId], true)['lanes'];
    }

    /** `POST /deliveries/{id}/redrive`: a dead one stands in line again. */
    public function redrive(int $id): void
    {
        $this->post("/deliveries/{$id}/redrive", null, true);
    }

    /**
     * `POST /sessions/{id}/replay`: what was received after one seq, up to another, comes again under its first webhook ids.
     * Returns how many messages that are.
     */
    public function replay(string $sessionId, int $after, ?int $until = null): int
    {
        $fields = ['after' => $after] + ($until === null ? [] : ['until' => $until]);

        return $this->post($this->sessionPath($sessionId, '/replay'), $fields, true)['replayed'];
    }
}
