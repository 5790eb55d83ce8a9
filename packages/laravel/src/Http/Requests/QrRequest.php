<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Http\Requests;

/** `POST /qr {session_id, qr, expires_at}`. */
class QrRequest extends DeliveryRequest
{
    public function rules(): array
    {
        return ['session_id' => 'required|string|max:64', 'qr' => 'required|string|max:8192', 'expires_at' => 'required|date'];
    }
}
