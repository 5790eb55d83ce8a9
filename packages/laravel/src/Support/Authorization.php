<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Support;

use Closure;
use Illuminate\Contracts\Auth\Authenticatable;
use WhatsAppManager\Laravel\Models\Session;

/** Who may see a session's QR: its owner, unless the application says otherwise. */
class Authorization
{
    private ?Closure $rule = null;

    /** @param callable(?Authenticatable, Session): bool $rule */
    public function using(callable $rule): void
    {
        $this->rule = Closure::fromCallable($rule);
    }

    public function allows(?Authenticatable $user, Session $session): bool
    {
        if ($this->rule !== null) {
            return (bool) ($this->rule)($user, $session);
        }

        return $user !== null
            && $session->user_id !== null
            && (string) $session->user_id === (string) $user->getAuthIdentifier();
    }
}
