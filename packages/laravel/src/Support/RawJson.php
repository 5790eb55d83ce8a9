<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Support;

/** Reads a body as it came over the wire: Laravel's own input is trimmed, and its empty strings are null. */
final class RawJson
{
    /**
     * The object of a JSON text, or null if it is none. Two things that strangers can write and no database stores
     * become U+FFFD: NUL, which PostgreSQL refuses, and half a surrogate pair, which PHP does.
     *
     * @return ?array<string, mixed>
     */
    public static function decode(string $json): ?array
    {
        $value = json_decode(self::storable($json), true, 512, JSON_BIGINT_AS_STRING | JSON_INVALID_UTF8_SUBSTITUTE);

        return is_array($value) && str_starts_with(ltrim($json), '{') ? $value : null;
    }

    private static function storable(string $json): string
    {
        if (!preg_match('/\\\\u(?:0000|d[89a-f])/i', $json)) {
            return $json;
        }
        // Escape by escape from the left, so that an escaped backslash before a `u` stays what it is.
        $escape = '/\\\\(?:ud[89ab][0-9a-f]{2}\\\\ud[c-f][0-9a-f]{2}|u[0-9a-f]{4}|[^u])/i';

        return preg_replace_callback(
            $escape,
            fn (array $found) => preg_match('/^\\\\u(?:0000|d[89a-f]..)$/i', $found[0]) ? '\ufffd' : $found[0],
            $json,
        ) ?? $json;
    }
}
