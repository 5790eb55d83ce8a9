<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Client;

use WhatsAppManager\Laravel\Client\Concerns\AsksSessions;
use WhatsAppManager\Laravel\Client\Concerns\LinksPhones;
use WhatsAppManager\Laravel\Client\Concerns\ReadsHistory;
use WhatsAppManager\Laravel\Client\Concerns\SendsMessages;
use WhatsAppManager\Laravel\Client\Concerns\WatchesDeliveries;
use WhatsAppManager\Laravel\Client\Concerns\WatchesService;

/**
 * The manager's HTTP API, one method for each route. Answers are its JSON as arrays, under its names. Every method throws a
 * WhatsAppException for what is no 2xx.
 */
class Manager
{
    use AsksSessions;
    use LinksPhones;
    use ReadsHistory;
    use SendsMessages;
    use WatchesDeliveries;
    use WatchesService;

    public function __construct(private readonly Transport $transport)
    {
    }

    /**
     * @param array<string, mixed> $query
     *
     * @return array<string, mixed>
     */
    private function get(string $path, array $query = []): array
    {
        return $this->transport->request('GET', $path, ['query' => $query])->json();
    }

    /**
     * @param array<string, mixed>|null $fields null: a request without a body
     *
     * @return array<string, mixed>
     */
    private function post(string $path, ?array $fields = null, bool $repeatable = false): array
    {
        return $this->transport->request('POST', $path, ['repeatable' => $repeatable]
            + ($fields === null ? [] : ['json' => $fields]))->json();
    }

    private function sessionPath(string $sessionId, string $rest = ''): string
    {
        return '/sessions/' . rawurlencode($sessionId) . $rest;
    }
}
