<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Http\Requests;

/** `POST /whatsapp/events {session_id, event_id, type, at, …}`. */
class EventRequest extends DeliveryRequest
{
    public function rules(): array
    {
        return [
            'session_id' => 'required|string|max:64',
            'event_id' => 'required|string',
            'type' => 'required|string|max:64',
            'at' => 'required|date',
        ];
    }
}
