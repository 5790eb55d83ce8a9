<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Models\Concerns;

use Illuminate\Database\Eloquent\Builder;
use WhatsAppManager\Laravel\Models\Message;

/** What an inbox asks; each has an index. */
trait MessageScopes
{
    /** The message of that id in a session: more than one only if strangers chose the same id in two chats. */
    public function scopeNamed(Builder $query, string $sessionId, string $messageId): Builder
    {
        return $query->where('session_id', $sessionId)->where('message_id', $messageId);
    }

    public function scopeInChat(Builder $query, string $sessionId, string $chatId): Builder
    {
        return $query->where('session_id', $sessionId)->where('chat_id', $chatId);
    }

    public function scopeNewestFirst(Builder $query): Builder
    {
        return $query->orderByDesc('sent_at')->orderByDesc('id');
    }

    /** What a chat shows: without edits, deletions, reactions and votes, which mark others, and what has a better copy. */
    public function scopeShown(Builder $query): Builder
    {
        return $query->whereNotIn('type', Message::ABOUT_OTHERS)->whereNull('replaced_by');
    }

    /** What came in and nobody here has read: `->update(['read_at' => now('UTC')])` on this query reads it. */
    public function scopeUnread(Builder $query): Builder
    {
        return $query->whereNull('read_at')->where('from_me', false);
    }

    /** The newest message of each chat of a session, newest chat first: the list of an inbox. */
    public function scopeLatestOfEachChat(Builder $query, string $sessionId): Builder
    {
        return $query->where('session_id', $sessionId)->where('is_latest', true)->newestFirst();
    }
}
