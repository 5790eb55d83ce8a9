<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Exceptions;

use WhatsAppManager\Laravel\Client\Answer;

/** What answers at WHATSAPP_MANAGER_URL does not speak as the manager does. */
class UnexpectedAnswer extends WhatsAppException
{
    public static function notJson(Answer $answer): self
    {
        $type = $answer->header('content-type') ?? 'no Content-Type';

        return new self('NOT_THE_MANAGER', "HTTP {$answer->status} came with {$type} in place of JSON.", $answer->status);
    }

    /** The path and query of where it leads are nobody's business. */
    public static function redirect(Answer $answer): self
    {
        $parts = parse_url($answer->header('location') ?? '') ?: [];
        $port = isset($parts['port']) ? ":{$parts['port']}" : '';
        $to = isset($parts['host']) ? ($parts['scheme'] ?? 'http') . "://{$parts['host']}{$port}" : 'another path';

        return new self('REDIRECTED', "HTTP {$answer->status} leads to {$to}.", $answer->status);
    }

    /** The bytes are not those whose SHA-256 the manager gave. */
    public static function otherBytes(): self
    {
        return new self('MEDIA_CORRUPT', 'The file that came is not the one that was asked for.');
    }
}
