<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Events;

/** A code is to be typed into the phone. The event holds no secret, so that none lies in a queue. */
class PairingCodeReceived extends SessionEvent
{
    /** Eight letters and digits, until they expire or are used. */
    public function code(): ?string
    {
        return $this->session->currentPairingCode();
    }
}
