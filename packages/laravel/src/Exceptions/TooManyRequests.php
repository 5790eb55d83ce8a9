<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Exceptions;

/** 429: not now; `retryAfter()` says when. */
class TooManyRequests extends WhatsAppException
{
}
