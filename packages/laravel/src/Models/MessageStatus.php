<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Models;

use Illuminate\Database\Eloquent\Model;
use WhatsAppManager\Laravel\Models\Concerns\KeepsUtcDates;

/**
 * What became of a send, one row for each step. It may come before the application has stored the send's id:
 * `client_ref` is then what tells whose it is.
 *
 * @property string $session_id
 * @property ?string $user_id
 * @property string $message_id
 * @property string $status `sent`, `delivered`, `read`, `played` or `failed`
 * @property ?string $error why it failed
 * @property ?string $client_ref what /send-message was given
 * @property ?int $seq
 * @property ?array<string, mixed> $metadata
 * @property \Illuminate\Support\Carbon $at
 */
class MessageStatus extends Model
{
    use KeepsUtcDates;

    /** How far each status is; `failed` is an end. */
    public const RANKS = ['queued' => 0, 'unknown' => 1, 'sent' => 2, 'delivered' => 3, 'read' => 4, 'played' => 5];

    protected $table = 'whatsapp_message_statuses';

    protected $guarded = [];

    /** @var array<string, string> */
    protected $casts = [
        'user_id' => 'string',
        'seq' => 'integer',
        'metadata' => 'array',
        'at' => 'datetime',
    ];

    /**
     * From where a send may come to a status: forward only, and to `failed` only before it was sent.
     *
     * @return string[]
     */
    public static function before(string $status): array
    {
        $rank = $status === 'failed' ? self::RANKS['sent'] : self::RANKS[$status] ?? 0;

        return array_keys(array_filter(self::RANKS, fn (int $earlier) => $earlier < $rank));
    }

    /** Whether a send may go from one status to another; null: it has none yet. */
    public static function movesForward(?string $from, string $to): bool
    {
        return $from === null || in_array($from, self::before($to), true);
    }

    /** The send it is about, if the application keeps its sends in `whatsapp_messages`. */
    public function message(): ?Message
    {
        return Message::query()->named($this->session_id, $this->message_id)->where('from_me', true)->first();
    }
}
