<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Exceptions;

use Throwable;

/** No answer came. Whether the request arrived is not known, unless `wasNeverSent()`. */
class ManagerUnreachable extends WhatsAppException
{
    /** libcurl: proxy or host not resolved, not connected, TLS not agreed on or its certificate refused. */
    private const BEFORE_SENDING = [5, 6, 7, 35, 51, 58, 60, 77];

    private const TIMED_OUT = 28;

    private const CERTIFICATE = [51, 60, 77];

    public static function because(string $url, Throwable $error): self
    {
        $errno = self::errnoIn($error);
        $code = in_array($errno, self::CERTIFICATE, true) ? 'CERTIFICATE_REFUSED' : 'MANAGER_UNREACHABLE';
        $why = match (true) {
            $errno === 6 => 'its host name is not known',
            $errno === 7 => 'nothing takes connections there',
            $errno === self::TIMED_OUT => 'it took too long',
            $errno === 35 => 'TLS could not be agreed on: is it http:// there?',
            in_array($errno, self::CERTIFICATE, true) => 'its certificate is not trusted',
            $errno === 52, $errno === 56 => 'the connection was closed without an answer',
            default => $errno === null ? 'the connection failed' : "cURL error {$errno}",
        };

        return new self($code, 'The manager at ' . self::originOf($url) . " did not answer: {$why}.", previous: $error);
    }

    /** It cannot have been done, because nothing was sent. */
    public function wasNeverSent(): bool
    {
        return in_array(self::errnoIn($this->getPrevious()), self::BEFORE_SENDING, true);
    }

    public function timedOut(): bool
    {
        return self::errnoIn($this->getPrevious()) === self::TIMED_OUT;
    }

    private static function errnoIn(?Throwable $error): ?int
    {
        return $error !== null && preg_match('/cURL error (\d+)/', $error->getMessage(), $found) === 1
            ? (int) $found[1]
            : null;
    }

    /** A password in an address stays out of logs. */
    private static function originOf(string $url): string
    {
        $parts = parse_url($url) ?: [];
        $port = isset($parts['port']) ? ":{$parts['port']}" : '';

        return ($parts['scheme'] ?? 'http') . '://' . ($parts['host'] ?? '?') . $port;
    }
}
