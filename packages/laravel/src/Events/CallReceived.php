<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Events;

/** A call rings, or ended: `call_id`, `from`, `from_lid`, `is_video`, `is_group`, `status`. */
class CallReceived extends AccountEvent
{
}
