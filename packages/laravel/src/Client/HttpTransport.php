<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Client;

use GuzzleHttp\Exception\InvalidArgumentException;
use GuzzleHttp\Exception\TransferException;
use Illuminate\Contracts\Config\Repository;
use Illuminate\Http\Client\ConnectionException;
use Illuminate\Http\Client\PendingRequest;
use Illuminate\Http\Client\Response;
use Illuminate\Support\Facades\Http;
use WhatsAppManager\Laravel\Exceptions\InvalidRequest;
use WhatsAppManager\Laravel\Exceptions\ManagerUnreachable;
use WhatsAppManager\Laravel\Exceptions\WhatsAppException;
use WhatsAppManager\Laravel\Support\Compatibility;

/** Asks the manager through Laravel's Http client, so that `Http::fake()` works, too. */
final class HttpTransport implements Transport
{
    /** Seconds; a manager that is there takes a connection at once. */
    private const CONNECT_TIMEOUT = 3;

    /** Settings are read at each request: an application may set another manager for each tenant. */
    public function __construct(private readonly Repository $config)
    {
    }

    public function request(string $method, string $path, array $options = []): Answer
    {
        $policy = new RetryPolicy($options['repeatable'] ?? $method === 'GET');
        for ($attempt = 1; true; $attempt++) {
            try {
                return $this->attempt($method, $path, $options);
            } catch (WhatsAppException $failure) {
                $delay = $policy->delayAfter($attempt, $failure);
                if ($delay === null) {
                    throw $failure;
                }
                Compatibility::sleep($delay);
            }
        }
    }

    /** @param array<string, mixed> $options */
    private function attempt(string $method, string $path, array $options): Answer
    {
        $query = array_filter($options['query'] ?? [], static fn ($value): bool => $value !== null);
        $data = ($query === [] ? [] : ['query' => $query]) + (isset($options['json']) ? ['json' => $options['json']] : []);
        $url = (string) $this->config->get('whatsapp.url');
        try {
            $response = $this->pending($options)->send($method, rtrim($url, '/') . $path, $data);
        } catch (ConnectionException | TransferException $error) {
            throw ManagerUnreachable::because($url, $error);
        } catch (InvalidArgumentException $error) {
            // Its text has none of what was to be sent, but none of what is wrong, either.
            throw new InvalidRequest('MALFORMED_JSON', 'What is to be sent cannot be written as JSON.', previous: $error);
        }
        $answer = self::answerOf($response, isset($options['sink']));
        if ($answer->status < 200 || $answer->status > 299) {
            throw WhatsAppException::fromAnswer($answer);
        }

        return $answer;
    }

    /** @param array<string, mixed> $options */
    private function pending(array $options): PendingRequest
    {
        // A redirect that is followed turns a POST into a GET, and its 200 into a message that nobody got.
        $guzzle = ['connect_timeout' => self::CONNECT_TIMEOUT, 'allow_redirects' => false];
        if (isset($options['sink'])) {
            $guzzle['sink'] = $options['sink'];
        }
        $request = Http::timeout((int) $this->config->get('whatsapp.timeout', 10))
            ->withOptions($guzzle)
            ->accept($options['accept'] ?? 'application/json')
            ->withHeaders($options['headers'] ?? []);
        $key = (string) $this->config->get('whatsapp.key');
        if ($key !== '') {
            $request = $request->withToken($key);
        }

        return $request;
    }

    /** A file that went into a sink is not read back into memory. */
    private static function answerOf(Response $response, bool $hasSink): Answer
    {
        $headers = [];
        foreach ($response->headers() as $name => $values) {
            $headers[strtolower((string) $name)] = implode(', ', (array) $values);
        }
        $body = $hasSink && $response->successful() ? '' : $response->body();

        return new Answer($response->status(), $body, $headers);
    }
}
