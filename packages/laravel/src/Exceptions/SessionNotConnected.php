<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Exceptions;

/** 409: nothing can be sent from this session now, and nothing was stored (SESSION_LOGGED_OUT: nothing will be). */
class SessionNotConnected extends WhatsAppException
{
}
