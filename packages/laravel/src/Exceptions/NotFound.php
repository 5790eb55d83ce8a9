<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Exceptions;

/** 404, 410: no such session, message, file, QR or delivery, or not any more. */
class NotFound extends WhatsAppException
{
}
