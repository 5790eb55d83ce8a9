<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Exceptions;

/** 413, 415, 422: the file could not be had, is too large, or is nothing that WhatsApp takes. */
class MediaRefused extends WhatsAppException
{
}
