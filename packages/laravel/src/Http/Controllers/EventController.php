<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Http\Controllers;

use Illuminate\Http\JsonResponse;
use WhatsAppManager\Laravel\Events\CallReceived;
use WhatsAppManager\Laravel\Events\ContactChanged;
use WhatsAppManager\Laravel\Events\GroupChanged;
use WhatsAppManager\Laravel\Events\PasskeyAsked;
use WhatsAppManager\Laravel\Http\Requests\EventRequest;
use WhatsAppManager\Laravel\Inbound\Deliveries;

/** Takes what happens beside messages, as the manager's LARAVEL_EVENTS names it. */
class EventController
{
    private const EVENTS = [
        'call' => CallReceived::class,
        'group' => GroupChanged::class,
        'contact' => ContactChanged::class,
        'passkey' => PasskeyAsked::class,
    ];

    public function __invoke(EventRequest $request, Deliveries $deliveries): JsonResponse
    {
        $class = self::EVENTS[$request->field('type')] ?? null;
        if ($class === null) {
            return new JsonResponse(['success' => true, 'skipped' => true]);
        }
        $isNew = $deliveries->once($request->webhookId(), fn () => event(new $class(
            $request->field('session_id'),
            $request->field('event_id'),
            $request->moment('at'),
            $request->delivery(),
        )));

        return new JsonResponse(['success' => true, 'duplicate' => !$isNew]);
    }
}
