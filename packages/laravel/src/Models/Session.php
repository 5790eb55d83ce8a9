<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Models;

use Illuminate\Database\Eloquent\Builder;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Eloquent\Relations\BelongsTo;
use Illuminate\Database\Eloquent\Relations\HasMany;
use WhatsAppManager\Laravel\Models\Concerns\KeepsUtcDates;

/**
 * A WhatsApp account that is linked, or is to be. The manager asks for its row before it shows a QR: no row, or
 * `inactive`, means that the session is not wanted.
 *
 * @property int $id
 * @property string $session_id
 * @property ?string $user_id the key of the user whose session it is, whatever its type
 * @property string $estado_qr `pending`, `active` or `inactive`
 * @property ?string $state as the manager's machine spells it, with its `detail`
 * @property ?string $detail
 * @property ?string $reason a code, such as `unlinked`, and a sentence that says it
 * @property ?string $reason_text
 * @property ?string $wa_id the account's digits
 * @property ?string $lid
 * @property ?string $push_name
 * @property ?string $phone_number the number that a pairing code was asked for
 * @property ?string $qr secret; kept encrypted until it is used, and then gone
 * @property ?\Illuminate\Support\Carbon $qr_expires_at
 * @property ?string $pairing_code secret, like the QR
 * @property ?\Illuminate\Support\Carbon $pairing_code_expires_at
 * @property ?\Illuminate\Support\Carbon $linked_at when it last became active
 * @property ?int $seq of the manager's log
 * @property ?array<string, mixed> $metadata what /start was given
 */
class Session extends Model
{
    use KeepsUtcDates;

    protected $table = 'whatsapp_sessions';

    protected $guarded = [];

    protected $hidden = ['qr', 'pairing_code'];

    protected $attributes = ['estado_qr' => 'pending'];

    /** @var array<string, string> */
    protected $casts = [
        'user_id' => 'string',
        'qr' => 'encrypted',
        'qr_expires_at' => 'datetime',
        'pairing_code' => 'encrypted',
        'pairing_code_expires_at' => 'datetime',
        'linked_at' => 'datetime',
        'seq' => 'integer',
        'metadata' => 'array',
    ];

    /** The user whose session it is, of `config('whatsapp.user_model')`. */
    public function user(): BelongsTo
    {
        return $this->belongsTo(config('whatsapp.user_model'), 'user_id');
    }

    public function messages(): HasMany
    {
        return $this->hasMany(Message::class, 'session_id', 'session_id');
    }

    public function scopeActive(Builder $query): Builder
    {
        return $query->where('estado_qr', 'active');
    }

    /** Sessions of a user, or of a user's key. */
    public function scopeOf(Builder $query, mixed $user): Builder
    {
        return $query->where('user_id', (string) ($user instanceof Model ? $user->getKey() : $user));
    }

    public function isActive(): bool
    {
        return $this->estado_qr === 'active';
    }

    /** The text of the QR that a phone may scan now, or null. */
    public function currentQr(): ?string
    {
        return !$this->isActive() && $this->qr_expires_at?->isFuture() ? $this->qr : null;
    }

    /** The code to be typed into the phone now, or null. */
    public function currentPairingCode(): ?string
    {
        return !$this->isActive() && $this->pairing_code_expires_at?->isFuture() ? $this->pairing_code : null;
    }

    /** Forgets the QR and the pairing code; the caller saves. */
    public function forgetSecrets(): static
    {
        return $this->forceFill([
            'qr' => null,
            'qr_expires_at' => null,
            'pairing_code' => null,
            'pairing_code_expires_at' => null,
        ]);
    }
}
