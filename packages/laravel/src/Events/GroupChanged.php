<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Events;

/** A group changed: `jid`, `action`, `author`, `author_phone`, `participants`, `subject`, `setting`. */
class GroupChanged extends AccountEvent
{
}
