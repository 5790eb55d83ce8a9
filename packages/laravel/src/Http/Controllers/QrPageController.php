<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Http\Controllers;

use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use WhatsAppManager\Laravel\Models\Session;
use WhatsAppManager\Laravel\Support\Authorization;
use WhatsAppManager\Laravel\Support\QrPicture;

/** Tells <x-whatsapp-qr> how a link is coming along; only to whom the session belongs. */
class QrPageController
{
    /** `{state: "active"|"inactive"|"qr"|"code"|"waiting", id?, picture?, code?, reason_text?}`; 404 for somebody else. */
    public function __invoke(Request $request, string $sessionId, Authorization $authorization, QrPicture $picture): JsonResponse
    {
        $session = Session::query()->where('session_id', $sessionId)->first();
        if ($session === null || !$authorization->allows($request->user(), $session)) {
            return new JsonResponse(['message' => 'There is no such session of yours.'], 404);
        }

        return (new JsonResponse($this->stateOf($session, $picture, (string) $request->query('have'))))
            ->header('Cache-Control', 'no-store, private');
    }

    /** @return array<string, mixed> */
    private function stateOf(Session $session, QrPicture $picture, string $have): array
    {
        if ($session->isActive()) {
            return ['state' => 'active'];
        }
        $code = $session->currentPairingCode();
        if ($code !== null) {
            return ['state' => 'code', 'code' => $code];
        }
        $qr = $session->currentQr();
        if ($qr === null) {
            return ['state' => $session->estado_qr === 'inactive' ? 'inactive' : 'waiting', 'reason_text' => $session->reason_text];
        }
        // The hash of 256 random bits names a QR and gives nothing away: the page asks for a picture it does not have.
        $id = substr(hash('sha256', $qr), 0, 16);
        $drawn = $id === $have ? null : $picture->of($session->session_id);

        return $id !== $have && $drawn === null
            ? ['state' => 'waiting', 'reason_text' => null]
            : ['state' => 'qr', 'id' => $id, 'picture' => $drawn];
    }
}
