<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Support;

use WhatsAppManager\Laravel\Client\Manager;
use WhatsAppManager\Laravel\Exceptions\WhatsAppException;

/** A session's QR as a picture, which the manager draws. */
final class QrPicture
{
    public function __construct(private Manager $manager)
    {
    }

    /** A data URI for an `<img>`; null when there is no QR, or the manager cannot be asked. */
    public function of(string $sessionId): ?string
    {
        try {
            return 'data:image/svg+xml;base64,' . base64_encode($this->manager->drawnQr($sessionId, 'svg'));
        } catch (WhatsAppException) {
            return null;
        }
    }
}
