<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Inbound;

use Illuminate\Contracts\Bus\Dispatcher;
use WhatsAppManager\Laravel\Jobs\ProcessMessage;
use WhatsAppManager\Laravel\Models\Message;

/** Stores a delivered message, lets it change what it is about, and queues its job, all in the caller's transaction. */
final class StoreMessage
{
    public function __construct(private Dispatcher $jobs, private Chats $chats, private Changes $changes)
    {
    }

    /** @param array<string, mixed> $row columns of the message */
    public function store(array $row): void
    {
        $this->chats->merge($row);
        $message = $this->find($row);
        if ($message !== null && !$this->takesItsPlace($message, $row)) {
            return;
        }
        $this->keep($message ?? new Message(), $row);
    }

    /**
     * A delivery that came before. It says something new only after an upgrade of the manager, when it can be read at
     * last: `POST /sessions/{id}/replay` sends it under its first id.
     *
     * @param array<string, mixed> $row
     */
    public function storeReplayed(array $row): void
    {
        $message = $this->find($row);
        if ($message !== null && $this->canBeReadNow($message, $row)) {
            $this->keep($message, $row);
        }
    }

    /** @param array<string, mixed> $row */
    private function keep(Message $message, array $row): void
    {
        $message->forceFill($row + ['processed_at' => null, 'handling' => 'queued'])->save();
        if ($message->wasRecentlyCreated) {
            $this->chats->setLatest($message);
        }
        $this->changes->apply($message);
        // Within the transaction, also where the application queues after commits: a job that cannot be queued must undo it.
        $job = (new ProcessMessage($message->id))->beforeCommit();
        $this->jobs->dispatch($job->onConnection(config('whatsapp.connection'))->onQueue(config('whatsapp.queue')));
    }

    /** @param array<string, mixed> $row */
    private function find(array $row): ?Message
    {
        return Message::query()->inChat($row['session_id'], $row['chat_id'])->where('message_id', $row['message_id'])->first();
    }

    /** @param array<string, mixed> $row */
    private function takesItsPlace(Message $stored, array $row): bool
    {
        return $row['replaces'] === $stored->message_id || $this->canBeReadNow($stored, $row);
    }

    /** @param array<string, mixed> $row */
    private function canBeReadNow(Message $stored, array $row): bool
    {
        return $stored->type === 'unsupported' && $row['type'] !== 'unsupported';
    }
}
