<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Exceptions;

/** 401, 403: the key is missing, unknown, or may only read. */
class AccessRefused extends WhatsAppException
{
}
