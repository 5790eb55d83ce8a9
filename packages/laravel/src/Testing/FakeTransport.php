<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Testing;

use WhatsAppManager\Laravel\Client\Answer;
use WhatsAppManager\Laravel\Client\Transport;
use WhatsAppManager\Laravel\Exceptions\WhatsAppException;

/** Keeps what would have gone to the manager, and answers as a manager would that has every session open. */
final class FakeTransport implements Transport
{
    /** @var list<array{method: string, path: string, options: array<string, mixed>}> what was not refused */
    public array $requests = [];

    /** @var list<Answer> refusals of the next sends */
    private array $refusals = [];

    /** @var array<string, Answer> by method and path */
    private array $answers = [];

    /** @var array<string, string> message ids by session and key */
    private array $sent = [];

    public function request(string $method, string $path, array $options = []): Answer
    {
        $refusal = $path === '/send-message' ? array_shift($this->refusals) : null;
        $answer = $refusal ?? $this->answers["{$method} {$path}"] ?? $this->answerTo($method, $path, $options);
        if ($answer->status >= 300) {
            throw WhatsAppException::fromAnswer($answer);
        }
        $this->requests[] = compact('method', 'path', 'options');
        if (isset($options['sink'])) {
            file_put_contents($options['sink'], $answer->body);
        }

        return $answer;
    }

    public function refuseNextSend(string $code, string $message, int $status, ?int $retryAfter): void
    {
        $json = ['success' => false, 'error' => $code, 'message' => $message];
        $this->refusals[] = self::json($json, $status, $retryAfter === null ? [] : ['retry-after' => (string) $retryAfter]);
    }

    /** @param array<string, mixed>|string $body */
    public function answerWith(string $method, string $path, array|string $body, int $status = 200): void
    {
        $this->answers["{$method} {$path}"] = is_string($body) ? new Answer($status, $body) : self::json($body, $status);
    }

    /** @param array<string, mixed> $options */
    private function answerTo(string $method, string $path, array $options): Answer
    {
        $fields = $options['json'] ?? [];
        $last = substr($path, (int) strrpos($path, '/') + 1);
        $id = rawurldecode(explode('/', $path)[2] ?? '');

        return match (true) {
            $path === '/send-message' => $this->send($fields, $options['headers']['Idempotency-Key'] ?? null),
            $path === '/start' => self::json(['success' => true, 'session_id' => $fields['session_id'] ?? 'fake', 'state' => 'starting']),
            $path === '/sessions' => self::json(['success' => true, 'count' => 0, 'sessions' => [], 'next' => null]),
            $path === '/stats' => self::json(['sessions' => [], 'qr' => [], 'timestamp' => gmdate('Y-m-d\TH:i:s.000\Z')]),
            str_starts_with($path, '/health') => self::json(['success' => true, 'ready' => true, 'problems' => [], 'warnings' => []]),
            str_contains($path, '/numbers/') => self::json(self::number(rawurldecode($last))),
            str_contains($path, '/chats/') => self::json(['success' => true, 'session_id' => $id, 'messages' => [], 'next' => null]),
            str_starts_with($path, '/deliveries') && $method === 'GET' => self::json(['success' => true, 'count' => 0, 'deliveries' => [], 'next' => null]),
            $last === 'events' => self::json(['events' => [], 'next' => null]),
            $last === 'pairing-code' => self::json(['success' => true, 'code' => 'FAKECODE', 'expires_at' => gmdate('Y-m-d\TH:i:s.000\Z', time() + 60)]),
            $last === 'qr' => new Answer(200, ($options['query']['format'] ?? '') === 'json' ? '{"qr":"fake","expires_at":"2030-01-01T00:00:00.000Z"}' : '<svg xmlns="http://www.w3.org/2000/svg"/>'),
            default => self::json(['success' => true, 'session' => self::session($id), 'lanes' => 0, 'replayed' => 0]),
        };
    }

    /** @param array<string, mixed> $fields */
    private function send(array $fields, ?string $key): Answer
    {
        $name = "{$fields['session_id']}\n{$key}";
        $known = $key === null ? null : $this->sent[$name] ?? null;
        $id = $this->sent[$name] = $known ?? '3EB0' . strtoupper(bin2hex(random_bytes(9)));
        $to = (string) $fields['wa_id'];

        return self::json(['success' => true, 'message_id' => $id, 'status' => 'sent']
            + ($known === null ? [] : ['replayed' => true])
            + ['response' => ['key' => [
                'id' => $id,
                'remoteJid' => str_contains($to, '@') ? $to : preg_replace('/\D+/', '', $to) . '@s.whatsapp.net',
                'fromMe' => true,
            ]]]);
    }

    /** @return array<string, mixed> */
    private static function number(string $phone): array
    {
        $digits = preg_replace('/\D+/', '', $phone);

        return ['success' => true, 'phone' => $digits, 'exists' => true, 'jid' => "{$digits}@s.whatsapp.net", 'lid' => null];
    }

    /** @return array<string, mixed> */
    private static function session(string $id): array
    {
        return ['session_id' => $id, 'state' => 'open', 'detail' => 'settled', 'estado_qr' => 'active', 'reason' => null];
    }

    /**
     * @param array<string, mixed> $body
     * @param array<string, string> $headers
     */
    private static function json(array $body, int $status = 200, array $headers = []): Answer
    {
        return new Answer($status, (string) json_encode($body), $headers + ['content-type' => 'application/json']);
    }
}
