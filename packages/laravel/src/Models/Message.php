<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Models;

use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Eloquent\Relations\BelongsTo;
use Illuminate\Support\Collection;
use WhatsAppManager\Laravel\Inbound\Chats;
use WhatsAppManager\Laravel\Models\Concerns\KeepsUtcDates;
use WhatsAppManager\Laravel\Models\Concerns\MessageScopes;

/**
 * A message of a chat, as the manager's docs/webhooks.md shows each kind. Words and names are those of strangers.
 *
 * @property int $id
 * @property string $session_id
 * @property ?string $user_id
 * @property string $message_id
 * @property string $chat_id what to answer to
 * @property ?string $participant the author's jid, in groups
 * @property ?string $from the author's digits, null while WhatsApp gives only `from_lid`
 * @property ?string $from_lid
 * @property bool $from_me
 * @property bool $is_group
 * @property ?string $subject what the group is called
 * @property ?string $push_name
 * @property ?string $username
 * @property string $type `text`, `image`, `reaction`, `edit` …
 * @property ?string $body
 * @property ?string $caption
 * @property ?array<string, mixed> $media {id, url, mimetype, filename, size, seconds, ptt, error}
 * @property ?string $reply_to the `message_id` that is answered, reacted to, edited or deleted
 * @property ?array<string, mixed> $quoted {message_id, from, from_lid, type, text, is_status}
 * @property array<int, array{jid: string, phone: ?string}> $mentions
 * @property bool $mentions_me
 * @property bool $forwarded
 * @property bool $view_once
 * @property ?int $expires_in seconds
 * @property ?array<string, mixed> $selection {kind, id, title, description, params}
 * @property ?array<string, mixed> $referral the advertisement that led here
 * @property ?array<string, mixed> $order
 * @property ?array<string, mixed> $product
 * @property ?string $replaces the `message_id` whose place it takes
 * @property ?array<string, mixed> $raw
 * @property bool $offline whether it waited in WhatsApp
 * @property ?int $seq
 * @property ?array<string, mixed> $metadata
 * @property ?string $status of a send: how far it is, and why it failed
 * @property ?string $error
 * @property ?string $client_ref
 * @property ?string $original_body the words before the first edit
 * @property \Illuminate\Support\Carbon $sent_at
 * @property ?\Illuminate\Support\Carbon $edited_at
 * @property ?\Illuminate\Support\Carbon $revoked_at when its author deleted it for everybody
 * @property ?\Illuminate\Support\Carbon $read_at when somebody here has read it
 * @property ?string $replaced_by the `message_id` that took its place, such as the same picture in HD
 * @property bool $is_latest whether it is the newest of its chat
 * @property ?\Illuminate\Support\Carbon $processed_at when its event was fired
 * @property ?string $handling `queued`, `held` or `running` until its event was fired or given up, which `queue:retry` tries again
 */
class Message extends Model
{
    use KeepsUtcDates;
    use MessageScopes;

    /** What changes or marks another message; the rest is what a chat shows. */
    public const ABOUT_OTHERS = ['edit', 'delete', 'reaction', 'poll_vote', 'event_response'];

    protected $table = 'whatsapp_messages';

    protected $guarded = [];

    /** @var array<string, mixed> */
    protected $attributes = [
        'from_me' => false,
        'is_group' => false,
        'mentions_me' => false,
        'forwarded' => false,
        'view_once' => false,
        'offline' => false,
        'mentions' => '[]',
        'is_latest' => false,
    ];

    /** @var array<string, string> */
    protected $casts = [
        'user_id' => 'string',
        'from_me' => 'boolean',
        'is_group' => 'boolean',
        'media' => 'array',
        'quoted' => 'array',
        'mentions' => 'array',
        'mentions_me' => 'boolean',
        'forwarded' => 'boolean',
        'view_once' => 'boolean',
        'expires_in' => 'integer',
        'selection' => 'array',
        'referral' => 'array',
        'order' => 'array',
        'product' => 'array',
        'raw' => 'array',
        'offline' => 'boolean',
        'seq' => 'integer',
        'metadata' => 'array',
        'sent_at' => 'datetime',
        'edited_at' => 'datetime',
        'revoked_at' => 'datetime',
        'read_at' => 'datetime',
        'processed_at' => 'datetime',
        'is_latest' => 'boolean',
    ];

    protected static function booted(): void
    {
        static::deleted(function (Message $message): void {
            if ($message->is_latest) {
                (new Chats())->findLatest($message->session_id, $message->chat_id);
            }
        });
    }

    public function session(): BelongsTo
    {
        return $this->belongsTo(Session::class, 'session_id', 'session_id');
    }

    /** The words to show: the body, or what stands under a file. */
    public function text(): ?string
    {
        return $this->body ?? $this->caption;
    }

    /** What it answers, reacts to or changes, if that is stored here; `quoted` is there also when it is not. */
    public function repliedTo(): ?Message
    {
        return $this->reply_to === null
            ? null
            : static::query()->inChat($this->session_id, $this->chat_id)->where('message_id', $this->reply_to)->first();
    }

    /** The reactions to it, the newest of each author; taken back ones are left out. */
    public function reactions(): Collection
    {
        return static::query()->inChat($this->session_id, $this->chat_id)
            ->where('reply_to', $this->message_id)->where('type', 'reaction')->orderBy('id')->get()
            ->keyBy(fn (Message $reaction) => $reaction->author())
            ->filter(fn (Message $reaction) => (string) $reaction->body !== '')
            ->values();
    }

    /** Whether one person wrote both messages of a chat. */
    public function sameAuthorAs(Message $other): bool
    {
        if ($this->from_me !== $other->from_me) {
            return false;
        }
        if ($this->from_me || !$this->is_group) {
            return true;
        }
        $names = fn (Message $message) => array_filter([$message->from_lid, $message->participant, $message->from]);

        return array_intersect($names($this), $names($other)) !== [];
    }

    /** Who wrote it: one name for one person of a chat. */
    public function author(): string
    {
        return $this->from_me ? 'me' : (string) ($this->from_lid ?? $this->participant ?? $this->from ?? $this->chat_id);
    }

    /** The steps of a send, oldest first. */
    public function statuses(): Collection
    {
        return MessageStatus::query()->where('session_id', $this->session_id)
            ->where('message_id', $this->message_id)->orderBy('at')->orderBy('id')->get();
    }
}
