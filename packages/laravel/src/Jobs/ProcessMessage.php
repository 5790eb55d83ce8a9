<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Jobs;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Events\Dispatcher as Events;
use Illuminate\Contracts\Queue\ShouldQueue;
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
        } elseif ($this->isItsTurn($message, $turns)) {
            $events->dispatch($this->eventOf($message));
            $turns->end($message, ['processed_at' => $message->freshTimestampString()]);
            $this->wakeNext($message, $turns);
        }
    }

    /** Called by Laravel when the tries are used up. */
    public function failed(?Throwable $error = null): void
    {
        $message = Message::query()->find($this->messageId);
        if ($message !== null) {
            app(Turns::class)->end($message);
            $this->wakeNext($message, app(Turns::class));
        }
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
            $this->release(1);
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
        // Every fifth minute: a queue that was flushed has lost the earlier one's job.
        if ($earlier !== null && $earlier->handling !== 'running' && $this->attempts() % 5 === 0) {
            $this->queueAgain($earlier);
        }
        // Mostly it is done when it comes back; that it comes is for a waker that was killed.
        $this->release(60);

        return false;
    }

    private function wakeNext(Message $message, Turns $turns): void
    {
        $next = $turns->next($message);
        if ($next !== null && $next->handling === 'held') {
            $this->queueAgain($next);
        }
    }

    private function queueAgain(Message $message): void
    {
        dispatch((new self($message->id))->onConnection($this->connection)->onQueue($this->queue));
    }
}
