<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Http\Controllers;

use Illuminate\Http\JsonResponse;
use WhatsAppManager\Laravel\Events\PairingCodeReceived;
use WhatsAppManager\Laravel\Events\QrReceived;
use WhatsAppManager\Laravel\Events\SessionEvent;
use WhatsAppManager\Laravel\Http\Requests\DeliveryRequest;
use WhatsAppManager\Laravel\Http\Requests\PairingCodeRequest;
use WhatsAppManager\Laravel\Http\Requests\QrRequest;
use WhatsAppManager\Laravel\Models\Session;

/** Takes what a phone needs to link: kept in the session's row, encrypted, until it is used. */
class LinkController
{
    public function qr(QrRequest $request): JsonResponse
    {
        return $this->keep($request, 'qr', 'qr', QrReceived::class);
    }

    public function pairingCode(PairingCodeRequest $request): JsonResponse
    {
        return $this->keep($request, 'code', 'pairing_code', PairingCodeReceived::class);
    }

    /** @param class-string<SessionEvent> $event */
    private function keep(DeliveryRequest $request, string $field, string $column, string $event): JsonResponse
    {
        $session = Session::query()->where('session_id', $request->field('session_id'))->first();
        if ($session === null) {
            return new JsonResponse(['message' => 'whatsapp_sessions has no row with this session_id; WhatsApp::start() stores it.'], 404);
        }
        $secret = $request->field($field);
        $isNew = $session->getAttribute($column) !== $secret;
        $session->user_id ??= $request->userId();
        $session->forceFill([$column => $secret, "{$column}_expires_at" => $request->moment('expires_at')]);
        // A listener that throws undoes it, and the manager tells it again while it is good.
        $session->getConnection()->transaction(function () use ($session, $isNew, $event): void {
            $session->save();
            if ($isNew) {
                event(new $event($session));
            }
        });

        return new JsonResponse(['success' => true, 'duplicate' => !$isNew]);
    }
}
