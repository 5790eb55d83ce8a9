<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Inbound;

use WhatsAppManager\Laravel\Models\Message;

/** One person is one chat, however WhatsApp addresses them. */
final class Chats
{
    /**
     * Moves what came under a person's number to their LID, once a message says that both are one: the first messages of
     * a person may come before WhatsApp tells the LID, and the manager names the chat by it from then on.
     *
     * @param array<string, mixed> $row columns of the message that is about to be stored
     */
    public function merge(array $row): void
    {
        if ($row['is_group'] || $row['from_me'] || $row['from'] === null || !str_ends_with($row['chat_id'], '@lid')) {
            return;
        }
        $older = Message::query()->inChat($row['session_id'], $row['from'] . '@s.whatsapp.net');
        if (!(clone $older)->exists()) {
            return;
        }
        $taken = Message::query()->inChat($row['session_id'], $row['chat_id'])->pluck('message_id');
        foreach ((clone $older)->pluck('message_id', 'id')->diff($taken)->keys()->chunk(500) as $ids) {
            Message::query()->whereKey($ids->all())->toBase()->update(['chat_id' => $row['chat_id']]);
        }
        $this->findLatest($row['session_id'], $row['chat_id']);
    }

    /** Lets a message that was just stored stand for its chat, if it is one that a chat shows. */
    public function setLatest(Message $message): void
    {
        if (in_array($message->type, Message::ABOUT_OTHERS, true)) {
            return;
        }
        // Past the model: whatever listeners an application has, they need not hear of it.
        Message::query()->inChat($message->session_id, $message->chat_id)->where('is_latest', true)
            ->where('id', '<>', $message->id)->toBase()->update(['is_latest' => false]);
        Message::query()->whereKey($message->id)->toBase()->update(['is_latest' => true]);
        $message->forceFill(['is_latest' => true])->syncOriginalAttribute('is_latest');
    }

    /** Finds the newest message that a chat shows, after others were moved or deleted. */
    public function findLatest(string $sessionId, string $chatId): void
    {
        $newest = Message::query()->inChat($sessionId, $chatId)->shown()->orderByDesc('id')->first();
        if ($newest !== null) {
            $this->setLatest($newest);
        }
    }
}
