<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Events;

/** A message was deleted for everybody. Its row is kept, with `revoked_at`: delete it here if the words must go. */
class MessageDeleted extends ChangeEvent
{
}
