<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Sending;

use SensitiveParameter;
use WhatsAppManager\Laravel\Client\Manager;
use WhatsAppManager\Laravel\Client\SentMessage;
use WhatsAppManager\Laravel\Exceptions\WhatsAppException;
use WhatsAppManager\Laravel\Notifications\MediaFile;
use WhatsAppManager\Laravel\Notifications\WhatsAppMessage;

/** Sends a message: its recipient, its key, its file, and what is tried when the manager cannot fetch that. */
final class Sender
{
    public function __construct(
        private readonly Manager $manager,
        private readonly SendKeys $keys,
        private readonly MediaFields $media,
        private readonly KeepSends $sends,
    ) {
    }

    /**
     * @param int|string|object $to digits, a `chat_id`, or what has one
     *
     * @throws WhatsAppException when it was not taken
     */
    public function send(string $sessionId, #[SensitiveParameter] int|string|object $to, WhatsAppMessage $message): SentMessage
    {
        $file = $message->file();
        $address = Recipient::address($to);
        $content = $message->fields() + ($file === null ? [] : ['file' => [$file->identity(), $file->fields()]]);
        $key = $this->keys->keyFor($message, $sessionId, ['wa_id' => Recipient::name($address)] + $content);
        $fields = ['session_id' => $sessionId, 'wa_id' => $address] + $message->fields();
        for ($upload = false; true; $upload = true) {
            $media = $file === null ? [] : $this->media->of($file, $key, $upload);
            try {
                $sent = SentMessage::of($sessionId, $this->manager->sendMessage($fields + $media, $key->value));
                $this->sends->keep($sent, $address, $message);

                return $sent;
            } catch (WhatsAppException $failure) {
                $next = $this->keys->afterFailure($sessionId, $key, $failure);
                if ($next === null || $upload || $file === null || !self::isOutOfReach($file, $media, $failure)) {
                    throw $failure;
                }
                $key = $next;
            }
        }
    }

    /**
     * Whether the manager could not fetch our own link to a file that it can be given.
     *
     * @param array<string, string> $media
     */
    private static function isOutOfReach(MediaFile $file, array $media, WhatsAppException $failure): bool
    {
        return $file->disk !== null
            && isset($media['mediaUrl'])
            && $failure->is('MEDIA_URL_FORBIDDEN', 'MEDIA_UNREACHABLE')
            && ($file->size() ?? 0) <= MediaFields::UPLOAD_LIMIT;
    }
}
