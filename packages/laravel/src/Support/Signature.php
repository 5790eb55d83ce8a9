<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Support;

use Illuminate\Support\Carbon;

/**
 * Checks what is signed as Standard Webhooks says (standardwebhooks.com, "symmetric"): `v1,` and the base64 of
 * HMAC-SHA256 over `id.timestamp.body`, one signature for each secret, separated by a space.
 */
final class Signature
{
    /** @param string[] $secrets two while rotating: either is right */
    public function __construct(private array $secrets, private int $toleranceSeconds)
    {
    }

    /** @return string[] the secrets of a comma-separated setting; none for an empty one */
    public static function secretsIn(string $setting): array
    {
        return array_values(array_filter(array_map('trim', explode(',', $setting)), fn (string $secret) => self::keyOf($secret) !== ''));
    }

    /** Why the signature does not hold, or null. `$body` is exactly what came over the wire. */
    public function problemOf(string $id, string $timestamp, string $signatures, string $body): ?Refusal
    {
        if ($id === '' || $signatures === '' || !preg_match('/^\d{1,12}$/', $timestamp)) {
            return new Refusal(
                Refusal::SIGNATURE,
                'The delivery is not signed: set the manager\'s LARAVEL_WEBHOOK_SECRET to this application\'s WHATSAPP_WEBHOOK_SECRET.',
            );
        }
        $off = Carbon::now()->getTimestamp() - (int) $timestamp;
        if (abs($off) > $this->toleranceSeconds) {
            $words = $off > 0 ? "$off s old" : -$off . ' s ahead';

            return new Refusal(Refusal::CLOCK, "The delivery is $words by this machine's clock: set both clocks (NTP).");
        }
        foreach ($this->secrets as $secret) {
            $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", self::keyOf($secret), true));
            foreach (explode(' ', $signatures) as $signature) {
                if (hash_equals($expected, $signature)) {
                    return null;
                }
            }
        }

        return new Refusal(
            Refusal::SIGNATURE,
            'The signature does not fit: the manager\'s LARAVEL_WEBHOOK_SECRET is not WHATSAPP_WEBHOOK_SECRET.',
        );
    }

    /** A secret with the prefix `whsec_` is base64, any other is taken as it is. */
    private static function keyOf(string $secret): string
    {
        return str_starts_with($secret, 'whsec_')
            ? (string) base64_decode(strtr(substr($secret, 6), '-_', '+/'))
            : $secret;
    }
}
