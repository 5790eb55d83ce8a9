<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Inbound;

use WhatsAppManager\Laravel\Models\Message;

/** What edits, deletions and better copies do to the messages they are about; either may come first. */
final class Changes
{
    /** Lets a message that was just stored change another one, and what came before change it. */
    public function apply(Message $message): void
    {
        if (in_array($message->type, ['edit', 'delete'], true)) {
            $original = $message->repliedTo();
            if ($original !== null) {
                $this->change($original, $message);
            }

            return;
        }
        if ($message->replaces !== null && $message->replaces !== $message->message_id) {
            Message::query()->inChat($message->session_id, $message->chat_id)
                ->where('message_id', $message->replaces)->update(['replaced_by' => $message->message_id]);
        }
        Message::query()->inChat($message->session_id, $message->chat_id)
            ->where('reply_to', $message->message_id)->whereIn('type', ['edit', 'delete'])->orderBy('id')->get()
            ->each(fn (Message $change) => $this->change($message, $change));
    }

    /** Only who wrote a message may change it, and in a group an administrator may delete it. */
    private function change(Message $original, Message $change): void
    {
        if ($change->type === 'delete' && ($original->is_group || $change->sameAuthorAs($original))) {
            $original->revoked_at = $change->sent_at;
        } elseif ($change->type === 'edit' && $change->sameAuthorAs($original)) {
            $this->edit($original, $change);
        }
        $original->save();
    }

    private function edit(Message $original, Message $edit): void
    {
        if ($original->edited_at !== null && $original->edited_at > $edit->sent_at) {
            return;
        }
        $original->original_body ??= $original->text();
        $original->edited_at = $edit->sent_at;
        if ($original->type === 'poll') {
            $original->caption = $edit->caption ?? $original->caption;
        }
        // The words of a file are its caption.
        $original->setAttribute($original->media !== null && $original->body === null ? 'caption' : 'body', $edit->body);
    }
}
