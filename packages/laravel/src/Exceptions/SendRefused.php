<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Exceptions;

/** 422: WhatsApp did not take the message, or it was given up; it never goes out. */
class SendRefused extends WhatsAppException
{
}
