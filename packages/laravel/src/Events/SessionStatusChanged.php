<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Events;

use WhatsAppManager\Laravel\Models\Session;

/** A session became `pending`, `active` or `inactive`; `reason` and `reason_text` say why. */
class SessionStatusChanged extends SessionEvent
{
    public function __construct(Session $session, public ?string $previous)
    {
        parent::__construct($session);
    }

    /** Whether it was linked just now, or is back. */
    public function becameActive(): bool
    {
        return $this->session->isActive() && $this->previous !== 'active';
    }
}
