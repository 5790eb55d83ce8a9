<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Http\Controllers;

use Illuminate\Http\JsonResponse;
use WhatsAppManager\Laravel\Events\MessageStatusChanged;
use WhatsAppManager\Laravel\Http\Requests\MessageStatusRequest;
use WhatsAppManager\Laravel\Inbound\Deliveries;
use WhatsAppManager\Laravel\Models\Message;
use WhatsAppManager\Laravel\Models\MessageStatus;

/** Takes what became of a send, also of one that is not stored here, or not yet. */
class MessageStatusController
{
    public function __invoke(MessageStatusRequest $request, Deliveries $deliveries): JsonResponse
    {
        $row = $request->row();
        $isNew = $deliveries->once($request->webhookId(), fn () => $this->take($row));

        return new JsonResponse(['success' => true, 'duplicate' => !$isNew]);
    }

    /** @param array<string, mixed> $row */
    private function take(array $row): void
    {
        $status = (new MessageStatus())->forceFill($row);
        $status->updateTimestamps();
        if (MessageStatus::query()->toBase()->insertOrIgnore($status->getAttributes()) === 0) {
            return;
        }
        $status = MessageStatus::query()->where(array_intersect_key($row, ['session_id' => 0, 'message_id' => 0, 'status' => 0]))->first();
        // In one statement, so that of two statuses at once the further one stays.
        Message::query()->named($row['session_id'], $row['message_id'])->where('from_me', true)
            ->where(fn ($query) => $query->whereNull('status')->orWhereIn('status', MessageStatus::before($row['status'])))
            ->update(['status' => $row['status'], 'error' => $row['error']]);
        event(new MessageStatusChanged($status));
    }
}
