<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Client\Concerns;

use WhatsAppManager\Laravel\Client\Answer;
use WhatsAppManager\Laravel\Exceptions\WhatsAppException;

/** How the manager itself is. */
trait WatchesService
{
    /**
     * `GET /stats`: sessions and QRs in figures; `$byState` adds `by_state`.
     *
     * @return array<string, mixed>
     */
    public function stats(bool $byState = false): array
    {
        return $this->get('/stats', ['by_state' => $byState ? '1' : null]);
    }

    /**
     * `GET /health/ready`, also when it is not: `problems` are why, `warnings` what somebody should look at.
     *
     * @return array{success: bool, ready: bool, problems: list<array{code: string, message: string}>, warnings: list<array{code: string, message: string}>}
     */
    public function health(): array
    {
        try {
            return $this->get('/health/ready');
        } catch (WhatsAppException $failure) {
            if (!$failure->is('NOT_READY')) {
                throw $failure;
            }
            $problem = ['code' => $failure->errorCode(), 'message' => $failure->sentence()];

            return ['success' => false, 'ready' => false, 'problems' => [$problem], 'warnings' => []];
        }
    }

    /**
     * `GET /laravel/check`: how the manager reaches this application, route by route; nothing is delivered.
     *
     * @return array{ok: bool, address: ?string, checks: list<array{subject: string, result: string, status: ?int, message: string, mend: ?string}>}
     */
    public function checkLaravel(): array
    {
        return $this->get('/laravel/check');
    }

    /** `GET /health/live`: whether the process answers. */
    public function isLive(): bool
    {
        try {
            return $this->get('/health/live')['success'] === true;
        } catch (WhatsAppException) {
            return false;
        }
    }

    /** `GET /metrics`, as Prometheus reads them. */
    public function metrics(): string
    {
        return $this->transport->request('GET', '/metrics', ['accept' => 'text/plain'])->body;
    }

    /**
     * Any route that has no method here yet.
     *
     * @param array<string, mixed> $options as `Transport::request()` has them
     */
    public function request(string $method, string $path, array $options = []): Answer
    {
        return $this->transport->request($method, $path, $options);
    }
}
