<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Jobs;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Events\Dispatcher as Events;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Database\QueryException;
use Illuminate\Foundation\Bus\PendingDispatch;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Queue\Jobs\SyncJob;
use Throwable;
use WhatsAppManager\Laravel\Events\MessageDeleted;
use WhatsAppManager\Laravel\Events\MessageEdited;
use WhatsAppManager\Laravel\Events\MessageReceived;
use WhatsAppManager\Laravel\Events\ReactionReceived;
use WhatsAppManager\Laravel\Inbound\Turns;
use WhatsAppManager\Laravel\Models\Message;

/**
 * Fires the event of one stored message, at least once, in the order of its chat whatever the number of workers: while an
 * earlier message of the chat is not done it lies still, and whoever does that one wakes it. What its listeners throw is tried five
 * times within a quarter of an hour; then the chat goes on without it, and `queue:retry` tries it again.
 */
class ProcessMessage implements ShouldQueue
{
    use InteractsWithQueue;
    use Queueable;

    /** `jobs.attempts` is a byte in MySQL, and a job that cannot be reserved any more stops the whole queue. */
    private const MOST_ATTEMPTS = 200;

    /** Waiting for its turn counts as a try, so only exceptions are limited. */
    public int $tries = 0;

    public int $maxExceptions = 5;

    /** A listener that hangs would else hang its chat for ever. */
    public bool $failOnTimeout = true;

    public function __construct(public int $messageId)
    {
    }

    /** @return int[] seconds before each new try */
    public function backoff(): array
    {
        return [5, 30, 120, 600];
    }

    public function handle(Events $events, Turns $turns): void
    {
        $message = Message::query()->find($this->messageId);
        if ($message === null) {
            $this->awaitCommit();
        } elseif ($message->processed_at !== null) {
            // Its last try may have ended between the event and the waking.
            $this->wakeNext($message, $turns);
            $this->finish();
        } elseif ($this->isItsTurn($message, $turns)) {
            $events->dispatch($this->eventOf($message));
            $turns->end($message, ['processed_at' => $message->freshTimestampString()]);
            $this->wakeNext($message, $turns);
            $this->finish();
        }
    }

    /** Called by Laravel when the tries are used up. */
    public function failed(?Throwable $error = null): void
    {
        $message = Message::query()->find($this->messageId);
        if ($message === null) {
            return;
        }
        if ($this->neverBegan($error)) {
            // Let go of at once, for it is queued then.
            $this->tellQueue(function () use ($message): void {
                $this->copy($message->id);
            });

            return;
        }
        app(Turns::class)->end($message);
        $this->wakeNext($message, app(Turns::class));
    }

    /**
     * Laravel 13 calls a job of its database queue failed that it could not reserve, such as when SQLite refuses the row to all but one of
     * several workers. No listener has heard of it.
     */
    private function neverBegan(?Throwable $error): bool
    {
        return $error instanceof QueryException && preg_match('/^update\b.*\breserved_at\b/i', $error->getSql()) === 1;
    }

    private function eventOf(Message $message): object
    {
        return match ($message->type) {
            'edit' => new MessageEdited($message),
            'delete' => new MessageDeleted($message),
            'reaction' => new ReactionReceived($message),
            default => new MessageReceived($message),
        };
    }

    /** The job is queued before its message is committed; what is not there after ten tries was undone or deleted. */
    private function awaitCommit(): void
    {
        if ($this->job !== null && $this->attempts() < 10) {
            $this->comeBack(1);
        }
    }

    private function isItsTurn(Message $message, Turns $turns): bool
    {
        // Nothing overtakes in the sync queue. One that was given up and is tried again by hand has had its turn.
        if ($this->job === null || $this->job instanceof SyncJob || $message->handling === null) {
            return true;
        }
        if ($turns->earlier($message) !== null) {
            $turns->hold($message);
        }
        // Looked at again, because the earlier one may have ended before this one was held.
        $earlier = $turns->earlier($message);
        if ($earlier === null && $turns->take($message, (string) $this->job->uuid())) {
            return true;
        }
        // Every fifth time: a queue that was flushed has lost the earlier one's job.
        if ($earlier !== null && $earlier->handling !== 'running' && $this->attempts() % 5 === 0) {
            $this->copy($earlier->id);
        }
        $this->waitForTurn();

        return false;
    }

    /** Mostly the message is done when the job comes back; that it comes, ever more seldom, is for a waker that was killed. */
    private function waitForTurn(): void
    {
        $seconds = 60 * min(10, 1 + intdiv($this->attempts(), 5));
        if ($this->attempts() < self::MOST_ATTEMPTS) {
            $this->comeBack($seconds);
        } else {
            $this->copy($this->messageId)->delay($seconds);
            $this->finish();
        }
    }

    private function comeBack(int $seconds): void
    {
        $this->tellQueue(fn () => $this->release($seconds));
    }

    private function finish(): void
    {
        if ($this->job !== null && !$this->job->isDeletedOrReleased()) {
            $this->tellQueue(fn () => $this->delete());
        }
    }

    /**
     * SQLite refuses a transaction that has read before another one wrote, at once and whatever its timeout: Laravel's own when it deletes or
     * releases a job, with several workers. Asked again it works. What is refused all the same is reported and thrown by nobody: five of
     * those would be taken for a listener's, and the message be given up. The queue brings the job again by itself, after `retry_after`.
     */
    private function tellQueue(callable $tell): void
    {
        try {
            retry(20, $tell, 25);
        } catch (Throwable $error) {
            report($error);
        }
    }

    private function wakeNext(Message $message, Turns $turns): void
    {
        $next = $turns->next($message);
        if ($next !== null && $next->handling === 'held') {
            $this->copy($next->id);
        }
    }

    /** A job for a message in the same queue, sent when the caller lets go of it. */
    private function copy(int $messageId): PendingDispatch
    {
        return dispatch((new self($messageId))->onConnection($this->connection)->onQueue($this->queue));
    }
}
