<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Sending;

use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Support\Str;
use InvalidArgumentException;
use SensitiveParameter;
use WhatsAppManager\Laravel\Client\Manager;
use WhatsAppManager\Laravel\Exceptions\Conflict;
use WhatsAppManager\Laravel\Exceptions\WhatsAppException;
use WhatsAppManager\Laravel\Models\Session;

/** Starts a session: its row first, then the manager. */
final class StartSession
{
    public function __construct(private readonly Manager $manager)
    {
    }

    /**
     * The row stays when the manager does not answer: whether it heard is not known then, and the same call again mends it.
     *
     * @param array<string, mixed> $metadata
     *
     * @throws WhatsAppException `CONFLICT`: the id is another user's
     */
    public function start(
        Model|Authenticatable|int|string $user,
        ?string $sessionId,
        #[SensitiveParameter] ?string $phoneNumber,
        array $metadata = [],
    ): Session {
        $owner = self::keyOf($user);
        $phone = $phoneNumber === null ? null : Recipient::address($phoneNumber);
        $row = Session::query()->firstOrCreate(
            ['session_id' => $sessionId ?? (string) Str::uuid()],
            ['user_id' => $owner, 'estado_qr' => 'pending', 'phone_number' => $phone],
        );
        if ((string) $row->user_id !== $owner) {
            throw new Conflict('CONFLICT', "Session {$row->session_id} belongs to another user.", 409);
        }
        // What the manager said last is no answer to its next question.
        if ($row->estado_qr === 'inactive' || ($phone !== null && $row->phone_number !== $phone)) {
            $row->forceFill(['phone_number' => $phone ?? $row->phone_number]
                + ($row->estado_qr === 'inactive' ? ['estado_qr' => 'pending'] : []))->save();
        }
        $this->manager->start($owner, $row->session_id, $phone, $metadata === [] ? [] : ['metadata' => $metadata]);

        // The manager may have told more while it was asked.
        return $row->refresh();
    }

    private static function keyOf(Model|Authenticatable|int|string $user): string
    {
        $key = match (true) {
            $user instanceof Model => $user->getKey(),
            $user instanceof Authenticatable => $user->getAuthIdentifier(),
            default => $user,
        };
        if ($key === null || (string) $key === '') {
            throw new InvalidArgumentException('A session needs a user who is saved, or a user\'s key.');
        }

        return (string) $key;
    }
}
