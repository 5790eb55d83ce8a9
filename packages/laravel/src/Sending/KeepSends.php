<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Sending;

use Illuminate\Contracts\Config\Repository;
use Illuminate\Support\Facades\Date;
use SensitiveParameter;
use Throwable;
use WhatsAppManager\Laravel\Client\SentMessage;
use WhatsAppManager\Laravel\Exceptions\NotStored;
use WhatsAppManager\Laravel\Inbound\Changes;
use WhatsAppManager\Laravel\Inbound\Chats;
use WhatsAppManager\Laravel\Models\Message;
use WhatsAppManager\Laravel\Models\MessageStatus;
use WhatsAppManager\Laravel\Models\Session;
use WhatsAppManager\Laravel\Notifications\WhatsAppMessage;

/** With `keep_sends` a chat has both sides: what went out stands in `whatsapp_messages` beside what came, and its status moves. */
final class KeepSends
{
    public function __construct(
        private readonly Repository $config,
        private readonly Chats $chats,
        private readonly Changes $changes,
    ) {
    }

    /** Reports what fails and throws nothing: the message has gone out, and must not be asked for again. */
    public function keep(SentMessage $sent, #[SensitiveParameter] string $address, WhatsAppMessage $message): void
    {
        if (!$this->config->get('whatsapp.keep_sends', false)) {
            return;
        }
        try {
            $row = Message::query()->named($sent->sessionId, $sent->id)->where('from_me', true)->first();
            $row ??= $this->store($sent, $address, $message);
            $this->catchUp($row);
        } catch (Throwable $error) {
            report(NotStored::inPlaceOf($error, "Send {$sent->id} went out, but is not kept"));
        }
    }

    private function store(SentMessage $sent, #[SensitiveParameter] string $address, WhatsAppMessage $message): Message
    {
        $chat = $this->chatOf($sent, $address);
        $row = (new Message())->forceFill(SentColumns::of($message) + [
            'session_id' => $sent->sessionId,
            'user_id' => Session::query()->where('session_id', $sent->sessionId)->value('user_id'),
            'message_id' => $sent->id,
            'chat_id' => $chat,
            'from_me' => true,
            'is_group' => str_ends_with($chat, '@g.us'),
            'mentions' => [],
            'status' => $sent->status,
            'sent_at' => Date::now(),
            'processed_at' => Date::now(),
        ]);
        $row->getConnection()->transaction(function () use ($row): void {
            $row->save();
            $this->chats->setLatest($row);
            $this->changes->apply($row);
        });

        return $row;
    }

    /** A person who wrote has one chat, whichever of their names is written to. */
    private function chatOf(SentMessage $sent, #[SensitiveParameter] string $address): string
    {
        $given = str_contains($address, '@') ? $address : $sent->chatId;
        if (!str_ends_with($given, '@s.whatsapp.net')) {
            return $given;
        }
        $known = Message::query()->where('session_id', $sent->sessionId)->where('from', Recipient::name($given))
            ->where('from_me', false)->where('is_group', false)->latest('id')->value('chat_id');

        return $known ?? $given;
    }

    /** A status may have come before the answer of the send. */
    private function catchUp(Message $row): void
    {
        foreach ($row->statuses() as $status) {
            if (MessageStatus::movesForward($row->status, $status->status)) {
                $row->forceFill(['status' => $status->status, 'error' => $status->error])->save();
            }
        }
    }
}
