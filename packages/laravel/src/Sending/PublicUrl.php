<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Sending;

/** Whether a manager elsewhere may fetch a URL, as far as its spelling says; it connects to the internet only. */
final class PublicUrl
{
    /** RFC 2606, RFC 6762, RFC 9476, and what developers' machines use. */
    private const LOCAL = '/(?:^|\.)(?:localhost|test|local|internal|lan|home|example|invalid|alt|arpa)$/';

    public static function isOne(string $url): bool
    {
        $host = strtolower(trim((string) parse_url($url, PHP_URL_HOST), '[]'));
        if (filter_var($host, FILTER_VALIDATE_IP) !== false) {
            return filter_var($host, FILTER_VALIDATE_IP, FILTER_FLAG_NO_PRIV_RANGE | FILTER_FLAG_NO_RES_RANGE) !== false;
        }

        return str_contains($host, '.') && preg_match(self::LOCAL, $host) !== 1;
    }
}
