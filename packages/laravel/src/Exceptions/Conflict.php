<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Exceptions;

/** 409: the session's state, another user's session, or a key that is in use forbids it. */
class Conflict extends WhatsAppException
{
}
