<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Http\Requests;

/** `POST /messages/status {session_id, message_id, status, error, timestamp, client_ref}`. */
class MessageStatusRequest extends DeliveryRequest
{
    public function rules(): array
    {
        return [
            'session_id' => 'required|string|max:64',
            'message_id' => 'required|string|max:191',
            'status' => 'required|string|max:16',
            'error' => 'nullable|string',
            'client_ref' => 'nullable|string|max:255',
            'timestamp' => 'required|date',
            'seq' => 'nullable|integer',
        ];
    }

    /** @return array<string, mixed> columns */
    public function row(): array
    {
        return $this->common() + [
            'session_id' => $this->field('session_id'),
            'message_id' => $this->field('message_id'),
            'status' => $this->field('status'),
            'error' => $this->field('error'),
            'client_ref' => $this->field('client_ref'),
            'at' => $this->moment('timestamp'),
        ];
    }
}
