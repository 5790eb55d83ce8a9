<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Events;

use Illuminate\Queue\SerializesModels;
use WhatsAppManager\Laravel\Models\Session;

/** What all events of a session have. */
abstract class SessionEvent
{
    use SerializesModels;

    public function __construct(public Session $session)
    {
    }
}
