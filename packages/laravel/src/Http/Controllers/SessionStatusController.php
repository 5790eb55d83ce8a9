<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Http\Controllers;

use Illuminate\Http\JsonResponse;
use Illuminate\Support\Facades\Date;
use WhatsAppManager\Laravel\Events\SessionStatusChanged;
use WhatsAppManager\Laravel\Http\Requests\SessionStatusRequest;
use WhatsAppManager\Laravel\Inbound\Deliveries;
use WhatsAppManager\Laravel\Models\Session;

/** Whether a session is wanted, and what became of it. */
class SessionStatusController
{
    /** The manager asks: only `inactive` or a 404 mean that it is not wanted. */
    public function show(string $sessionId): JsonResponse
    {
        $session = Session::query()->where('session_id', $sessionId)->first();

        return $session === null
            ? new JsonResponse(['message' => 'whatsapp_sessions has no row with this session_id; WhatsApp::start() stores it.'], 404)
            : new JsonResponse(['estado_qr' => $session->estado_qr]);
    }

    /** The manager tells. A session without a row is taken and left alone: its row was deleted, and must not come back. */
    public function store(SessionStatusRequest $request, Deliveries $deliveries): JsonResponse
    {
        $isNew = $deliveries->once($request->webhookId(), fn () => $this->take($request));

        return new JsonResponse(['success' => true, 'duplicate' => !$isNew]);
    }

    private function take(SessionStatusRequest $request): void
    {
        $session = Session::query()->where('session_id', $request->field('session_id'))->first();
        if ($session === null) {
            return;
        }
        $previous = $session->estado_qr;
        $session->forceFill($request->row());
        $session->user_id ??= $request->userId();
        if ($session->isActive() && ($previous !== 'active' || $session->linked_at === null)) {
            $session->linked_at = Date::now();
        }
        // Used, or too late: in either case it is no longer good for anything.
        if (in_array($session->estado_qr, ['active', 'inactive'], true)) {
            $session->forgetSecrets();
        }
        $session->save();
        event(new SessionStatusChanged($session, $previous));
    }
}
