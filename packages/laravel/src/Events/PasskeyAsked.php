<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Events;

/** WhatsApp wants a passkey before it links: `state`, `code`, `expires_at`, `reason`, `reason_text`. */
class PasskeyAsked extends AccountEvent
{
}
