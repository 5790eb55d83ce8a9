<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Exceptions;

/** 400, 405, 413, 415, 422: the request is wrong as it is; `errors()` says where. */
class InvalidRequest extends WhatsAppException
{
}
