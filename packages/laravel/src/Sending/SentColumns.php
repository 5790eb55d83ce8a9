<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Sending;

use WhatsAppManager\Laravel\Notifications\WhatsAppMessage;

/** A message that goes out in the columns of one that came: `body` and `caption` mean the same for each type. */
final class SentColumns
{
    /** @return array<string, mixed> */
    public static function of(WhatsAppMessage $message): array
    {
        $fields = $message->fields();
        $words = match ($message->type()) {
            'location' => [
                "{$fields['latitude']},{$fields['longitude']}",
                implode("\n", array_filter([$fields['name'] ?? '', $fields['address'] ?? ''])) ?: null,
            ],
            'contact' => [null, implode(', ', array_column($fields['contacts'], 'name'))],
            'poll' => [$fields['body'], implode("\n", $fields['options'])],
            default => [$fields['body'] ?? null, $fields['caption'] ?? null],
        };

        return [
            // WhatsApp's word for what plays by itself; a GIF comes in as a video.
            'type' => $message->type() === 'gif' ? 'video' : $message->type(),
            'body' => $words[0],
            'caption' => $words[1],
            'media' => self::mediaOf($message),
            'reply_to' => $fields['reply_to'] ?? null,
            'client_ref' => $fields['client_ref'] ?? null,
            'metadata' => $fields['metadata'] ?? null,
        ];
    }

    /** @return array<string, mixed>|null without an id: the manager's store has no file under it */
    private static function mediaOf(WhatsAppMessage $message): ?array
    {
        $file = $message->file();
        if ($file === null) {
            return null;
        }
        $named = $file->fields();

        return ['id' => null, 'url' => $file->url, 'mimetype' => $named['mimetype'] ?? null, 'filename' => $named['filename'] ?? null];
    }
}
