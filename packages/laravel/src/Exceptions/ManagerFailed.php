<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Exceptions;

/** 5xx: the manager, or a proxy before it, cannot do it now. */
class ManagerFailed extends WhatsAppException
{
}
