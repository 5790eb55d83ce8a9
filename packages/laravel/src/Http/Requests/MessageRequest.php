<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Http\Requests;

/** `POST /messages`: a received message, as the manager's docs/webhooks.md shows each kind. */
class MessageRequest extends DeliveryRequest
{
    private const FLAGS = ['from_me', 'is_group', 'mentions_me', 'forwarded', 'view_once', 'offline'];

    private const IDENTIFIERS = ['participant', 'from_lid', 'reply_to', 'replaces'];

    private const WORDS = ['subject', 'push_name', 'username', 'body', 'caption'];

    private const PARTS = ['media', 'quoted', 'mentions', 'selection', 'referral', 'order', 'product', 'raw'];

    public function rules(): array
    {
        return [
            'session_id' => 'required|string|max:64',
            'message_id' => 'required|string|max:191',
            'chat_id' => 'required|string|max:191',
            'type' => 'required|string|max:64',
            'timestamp' => 'required|date',
            'from' => 'nullable|string|max:64',
            'expires_in' => 'nullable|integer|min:0',
            'seq' => 'nullable|integer',
        ]
            + array_fill_keys(self::FLAGS, 'nullable|boolean')
            + array_fill_keys(self::IDENTIFIERS, 'nullable|string')
            + array_fill_keys(self::WORDS, 'nullable|string')
            + array_fill_keys(self::PARTS, 'nullable|array');
    }

    /** @return array<string, mixed> columns */
    public function row(): array
    {
        $row = $this->common() + ['sent_at' => $this->moment('timestamp')];
        foreach (['session_id', 'message_id', 'chat_id', 'type', 'from', 'expires_in'] as $name) {
            $row[$name] = $this->field($name);
        }
        foreach (self::FLAGS as $name) {
            $row[$name] = (bool) $this->field($name);
        }
        foreach (self::IDENTIFIERS as $name) {
            $row[$name] = $this->identifier($name);
        }
        foreach ([...self::WORDS, ...self::PARTS] as $name) {
            $row[$name] = $this->field($name);
        }
        $row['mentions'] ??= [];

        return $row;
    }
}
