<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Inbound;

use Illuminate\Database\Eloquent\Builder;
use Illuminate\Support\Facades\Date;
use WhatsAppManager\Laravel\Models\Message;

/**
 * Whose turn it is in a chat. `handling` of a message is `queued` while its job has not looked yet, `held` when the job found an
 * earlier one undone, `running` when a job has taken it, and null when it is done or given up.
 */
final class Turns
{
    /** Minutes after which a job that has taken a message is given up for dead; its own retry need not wait for that. */
    private const DEAD_AFTER = 15;

    /** The first message before this one that is not done. */
    public function earlier(Message $message): ?Message
    {
        return $this->undone($message)->where('id', '<', $message->id)->orderBy('id')->first();
    }

    /** The next message that is not done. */
    public function next(Message $message): ?Message
    {
        return $this->undone($message)->where('id', '>', $message->id)->orderBy('id')->first();
    }

    /** Notes that whoever does the earlier one has to wake this one. */
    public function hold(Message $message): void
    {
        Message::query()->whereKey($message->id)->where('handling', 'queued')->toBase()->update(['handling' => 'held']);
    }

    /** Takes a message for a job, named by its uuid; false when another copy of the job has it. */
    public function take(Message $message, string $handler): bool
    {
        $dead = $message->fromDateTime(Date::now()->subMinutes(self::DEAD_AFTER));
        $free = Message::query()->whereKey($message->id)->where(fn (Builder $query) => $query
            ->whereIn('handling', ['queued', 'held'])->orWhere('handler', $handler)->orWhere('handling_since', '<', $dead));

        return $free->whereNotNull('handling')->toBase()->update([
            'handling' => 'running',
            'handler' => $handler,
            'handling_since' => $message->freshTimestampString(),
        ]) === 1;
    }

    /**
     * Ends a turn, past the model, which a listener may have changed.
     *
     * @param array<string, string> $columns
     */
    public function end(Message $message, array $columns = []): void
    {
        Message::query()->whereKey($message->id)->toBase()->update($columns + ['handling' => null, 'handler' => null]);
    }

    private function undone(Message $message): Builder
    {
        return Message::query()->inChat($message->session_id, $message->chat_id)->whereNotNull('handling');
    }
}
