<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Http\Requests;

/** `POST /whatsapp/status {session_id, estado_qr, reason, reason_text, wa_id, session_data}`. */
class SessionStatusRequest extends DeliveryRequest
{
    public function rules(): array
    {
        return [
            'session_id' => 'required|string|max:64',
            'user_id' => 'nullable',
            'estado_qr' => 'required|string|max:32',
            'reason' => 'nullable|string|max:191',
            'reason_text' => 'nullable|string',
            'wa_id' => 'nullable|string|max:64',
            'session_data' => 'nullable|array',
            'seq' => 'nullable|integer',
        ];
    }

    /**
     * What it says of the session.
     *
     * @return array<string, mixed> columns
     */
    public function row(): array
    {
        $data = (array) $this->field('session_data');
        $row = ['seq' => $this->field('seq')];
        foreach (['estado_qr', 'reason', 'reason_text'] as $name) {
            $row[$name] = $this->field($name);
        }
        $row += ['state' => $data['state'] ?? null, 'detail' => $data['detail'] ?? null];
        // Who the account is stays known while it is away.
        $known = ['wa_id' => $this->field('wa_id'), 'lid' => $data['lid'] ?? null, 'push_name' => $data['push_name'] ?? null];
        $known['metadata'] = $this->field('metadata');

        return $row + array_filter($known, fn ($value) => $value !== null);
    }
}
