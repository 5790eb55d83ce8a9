<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Http\Requests;

/** `POST /pairing-code {session_id, code, expires_at}`. */
class PairingCodeRequest extends DeliveryRequest
{
    public function rules(): array
    {
        return ['session_id' => 'required|string|max:64', 'code' => 'required|string|max:64', 'expires_at' => 'required|date'];
    }
}
