<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Events;

/** A QR is to be scanned; it changes about every 20 seconds. The event holds no secret, so that none lies in a queue. */
class QrReceived extends SessionEvent
{
    /** Its text, until it expires or is used. */
    public function qr(): ?string
    {
        return $this->session->currentQr();
    }
}
