<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Http\Controllers;

use Illuminate\Http\JsonResponse;
use WhatsAppManager\Laravel\Http\Requests\MessageRequest;
use WhatsAppManager\Laravel\Inbound\Deliveries;
use WhatsAppManager\Laravel\Inbound\StoreMessage;

/** Takes received messages: stored and queued in one transaction, once. */
class MessageController
{
    public function __invoke(MessageRequest $request, Deliveries $deliveries, StoreMessage $messages): JsonResponse
    {
        $row = $request->row();
        $isNew = $deliveries->once(
            $request->webhookId(),
            fn () => $messages->store($row),
            fn () => $messages->storeReplayed($row),
        );

        return new JsonResponse(['success' => true, 'duplicate' => !$isNew]);
    }
}
