<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Testing;

use Illuminate\Contracts\Container\Container;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Support\Collection;
use PHPUnit\Framework\Assert as PHPUnit;
use WhatsAppManager\Laravel\OutboundServiceProvider;
use WhatsAppManager\Laravel\WhatsApp;

/**
 * What `WhatsApp::fake()` puts in the place of the client: everything runs as it would, but for the request to the manager. So
 * `start()` stores its row, and a repetition under one key is one message. A callback gets a SentRecord; null in its place is any.
 */
class WhatsAppFake extends WhatsApp
{
    private FakeTransport $transport;

    public static function create(Container $app): self
    {
        $transport = new FakeTransport();
        $fake = OutboundServiceProvider::rootOn($app, $transport, self::class);
        $fake->transport = $transport;

        return $fake;
    }

    /** The next send is refused so: `refuseNextSend('SESSION_NOT_CONNECTED', 409)`; several calls, several sends. */
    public function refuseNextSend(string $code, int $status = 422, string $message = 'Refused by the fake.', ?int $retryAfter = null): static
    {
        $this->transport->refuseNextSend($code, $message, $status, $retryAfter);

        return $this;
    }

    /**
     * Another answer to a route: `answerWith('GET', '/sessions/shop/numbers/34600000002', ['exists' => false, …])`.
     *
     * @param array<string, mixed>|string $body
     */
    public function answerWith(string $method, string $path, array|string $body, int $status = 200): static
    {
        $this->transport->answerWith($method, $path, $body, $status);

        return $this;
    }

    /**
     * The messages that would have gone out, repetitions under one key left out.
     *
     * @return Collection<int, SentRecord>
     */
    public function sent(?callable $callback = null): Collection
    {
        return $this->requestsTo('POST', '#^/send-message$#')
            ->map(static fn (array $request): SentRecord => new SentRecord(
                $request['options']['json'],
                $request['options']['headers']['Idempotency-Key'] ?? null,
            ))
            ->unique(static fn (SentRecord $sent): string => $sent->session() . "\n" . ($sent->key ?? uniqid('', true)))
            ->filter($callback ?? static fn (): bool => true)
            ->values();
    }

    /** @param callable|string|null $message a callback on the SentRecord, or the exact text */
    public function assertSent(callable|string|null $message = null, ?int $times = null): void
    {
        $count = $this->sent(self::matching($message))->count();
        if ($times !== null) {
            PHPUnit::assertSame($times, $count, "The expected WhatsApp message was sent {$count} times instead of {$times} times.");

            return;
        }
        PHPUnit::assertTrue($count > 0, 'The expected WhatsApp message was not sent.' . $this->whatWasSent());
    }

    public function assertNotSent(callable|string|null $message = null): void
    {
        PHPUnit::assertCount(0, $this->sent(self::matching($message)), 'An unexpected WhatsApp message was sent.' . $this->whatWasSent());
    }

    /** @param int|string|object $to digits in any spelling, a `chat_id`, or what has one */
    public function assertSentTo(int|string|object $to, callable|string|null $message = null): void
    {
        $matches = self::matching($message);
        $sent = $this->sent(static fn (SentRecord $one): bool => $one->isTo($to) && $matches($one));
        PHPUnit::assertTrue($sent->isNotEmpty(), 'The expected WhatsApp message was not sent to that recipient.' . $this->whatWasSent());
    }

    /** @param int|string|object $to */
    public function assertNotSentTo(int|string|object $to): void
    {
        PHPUnit::assertCount(0, $this->sent(static fn (SentRecord $one): bool => $one->isTo($to)), 'An unexpected WhatsApp message was sent.' . $this->whatWasSent());
    }

    public function assertNothingSent(): void
    {
        PHPUnit::assertCount(0, $this->sent(), 'WhatsApp messages were sent unexpectedly.' . $this->whatWasSent());
    }

    public function assertSentCount(int $count): void
    {
        PHPUnit::assertCount($count, $this->sent(), "The number of WhatsApp messages is not {$count}." . $this->whatWasSent());
    }

    /** That a session was asked for: of that user, or their key, and under that id, where they are given. */
    public function assertStarted(Model|int|string|null $user = null, ?string $sessionId = null): void
    {
        $owner = $user instanceof Model ? $user->getKey() : $user;
        $started = $this->requestsTo('POST', '#^/start$#')->filter(
            static fn (array $request): bool => ($owner === null || $request['options']['json']['user_id'] === (string) $owner)
                && ($sessionId === null || $request['options']['json']['session_id'] === $sessionId),
        );
        PHPUnit::assertTrue($started->isNotEmpty(), 'The expected WhatsApp session was not started.');
    }

    public function assertNothingStarted(): void
    {
        PHPUnit::assertCount(0, $this->requestsTo('POST', '#^/start$#'), 'WhatsApp sessions were started unexpectedly.');
    }

    /** That a received message was marked as read. */
    public function assertRead(string|object $message): void
    {
        $id = is_string($message) ? $message : (string) $message->message_id;
        $read = $this->requestsTo('POST', '#^/sessions/[^/]+/read$#')->filter(
            static fn (array $request): bool => in_array($id, $request['options']['json']['message_ids'], true),
        );
        PHPUnit::assertTrue($read->isNotEmpty(), "The WhatsApp message {$id} was not marked as read.");
    }

    /** @return Collection<int, array{method: string, path: string, options: array<string, mixed>}> */
    private function requestsTo(string $method, string $pattern): Collection
    {
        return (new Collection($this->transport->requests))->filter(
            static fn (array $request): bool => $request['method'] === $method && preg_match($pattern, $request['path']) === 1,
        )->values();
    }

    private static function matching(callable|string|null $message): callable
    {
        return match (true) {
            $message === null => static fn (): bool => true,
            // A text that is also the name of a function is a text.
            is_string($message) => static fn (SentRecord $sent): bool => $sent->text() === $message,
            default => static fn (SentRecord $sent): bool => (bool) $message($sent),
        };
    }

    /** Types and recipients of what was sent, for the message of a failure. */
    private function whatWasSent(): string
    {
        $all = $this->sent()->map(static fn (SentRecord $sent): string => "{$sent->type()} to {$sent->to()} from {$sent->session()}");

        return $all->isEmpty() ? ' Nothing was.' : ' Sent: ' . $all->implode('; ') . '.';
    }
}
