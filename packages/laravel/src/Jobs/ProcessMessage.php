<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Jobs;

use Illuminate\Bus\Queueable;
use Illuminate\Contracts\Bus\Dispatcher as Bus;
use Illuminate\Contracts\Events\Dispatcher as Events;
use Illuminate\Contracts\Queue\ShouldQueue;
use Illuminate\Queue\InteractsWithQueue;
use Illuminate\Queue\Jobs\SyncJob;
use Throwable;
use WhatsAppManager\Laravel\Events\MessageDeleted;
use WhatsAppManager\Laravel\Events\MessageEdited;
use WhatsAppManager\Laravel\Events\MessageReceived;
use WhatsAppManager\Laravel\Events\ReactionReceived;
use WhatsAppManager\Laravel\Models\Message;

/**
 * Fires the event of one stored message, at least once, in the order of its chat whatever the number of workers: while an
 * earlier message of the chat is not done, it goes back into the queue. What its listeners throw is tried five times
 * within a quarter of an hour; then the chat goes on without it, and `queue:retry` tries it again.
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

    public function handle(Events $events, Bus $bus): void
    {
        $message = Message::query()->find($this->messageId);
        if ($message === null) {
            $this->awaitCommit();
        } elseif ($message->processed_at === null && $this->isItsTurn($message, $bus)) {
            $events->dispatch($this->eventOf($message));
            $this->done(['processed_at' => $message->freshTimestampString()]);
        }
    }

    /** Called by Laravel when the tries are used up. */
    public function failed(?Throwable $error = null): void
    {
        $this->done();
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

    private function isItsTurn(Message $message, Bus $bus): bool
    {
        // Nothing can be put back into the sync queue, and nothing overtakes there.
        if ($this->job === null || $this->job instanceof SyncJob) {
            return true;
        }
        $earlier = Message::query()->inChat($message->session_id, $message->chat_id)->where('id', '<', $message->id)
            ->where('waiting', true)->orderBy('id')->value('id');
        if ($earlier === null) {
            return true;
        }
        // A queue that was flushed has lost the earlier one's job.
        if ($this->attempts() % 20 === 0) {
            $bus->dispatch((new self((int) $earlier))->onConnection($this->connection)->onQueue($this->queue));
        }
        // Ever slower: Laravel's table of jobs counts up to 255 tries.
        $this->release(min($this->attempts(), 60));

        return false;
    }

    /**
     * Past the model, which a listener may have changed.
     *
     * @param array<string, string> $columns
     */
    private function done(array $columns = []): void
    {
        Message::query()->whereKey($this->messageId)->toBase()->update($columns + ['waiting' => false]);
    }
}
