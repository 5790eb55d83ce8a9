<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Sending;

use InvalidArgumentException;
use SensitiveParameter;

/** Who a message goes to, as the manager takes it. */
final class Recipient
{
    /**
     * As it was given: the manager reads numbers as people write them (`+34 600 000 002`), and says what is in doubt.
     *
     * @param int|string|object $to an object with a `chat_id`, such as a received message
     *
     * @throws InvalidArgumentException for what names nobody
     */
    public static function address(#[SensitiveParameter] int|string|object $to): string
    {
        $text = trim((string) (is_object($to) ? $to->chat_id ?? '' : $to));
        if ($text === '') {
            throw new InvalidArgumentException('A WhatsApp message needs a recipient: a number with its country code, or a chat_id.');
        }

        return $text;
    }

    /** One name for the same number in different spellings; of a `chat_id` itself, but for a number's. */
    public static function name(#[SensitiveParameter] string $address): string
    {
        $number = preg_replace('/@s\.whatsapp\.net$/', '', $address);

        return str_contains($number, '@') ? $number : preg_replace('/\D+/', '', $number);
    }
}
