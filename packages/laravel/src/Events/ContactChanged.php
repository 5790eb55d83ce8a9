<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Events;

/** A contact changed: `jid`, `phone`, `change`, and with it `old_jid`, `old_phone`, `has_picture` or `name`. */
class ContactChanged extends AccountEvent
{
}
