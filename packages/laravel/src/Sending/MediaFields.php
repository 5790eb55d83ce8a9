<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Sending;

use Illuminate\Contracts\Cache\Repository;
use Illuminate\Support\Facades\Storage;
use WhatsAppManager\Laravel\Exceptions\MediaRefused;
use WhatsAppManager\Laravel\Notifications\MediaFile;
use WhatsAppManager\Laravel\Support\Compatibility;

/** How a file goes to the manager: by a URL that it fetches, or in the request. */
final class MediaFields
{
    /** Bytes that the manager takes in a request. */
    public const UPLOAD_LIMIT = 16 * 1024 * 1024;

    /** @param string $way `auto`, `url`: whatever temporary URL there is, or `upload` */
    public function __construct(
        private readonly Repository $cache,
        private readonly string $way = 'auto',
    ) {
    }

    /**
     * @return array<string, string> `mediaUrl` or `media_base64`, `filename`, `mimetype`
     *
     * @throws MediaRefused for a file that neither way can take
     */
    public function of(MediaFile $file, SendKey $key, bool $upload = false): array
    {
        $url = $file->url ?? ($upload ? null : $this->temporaryUrl($file, $key));
        if ($url !== null) {
            return ['mediaUrl' => $url] + $file->fields();
        }
        $this->checkSize($file->size());
        $bytes = $file->contents();
        $this->checkSize(strlen($bytes));

        return ['media_base64' => base64_encode($bytes)] + $file->fields();
    }

    /** A temporary URL is signed anew each time; the same message must be the same request, so it is kept under its key. */
    private function temporaryUrl(MediaFile $file, SendKey $key): ?string
    {
        if ($file->disk === null || $this->way === 'upload') {
            return null;
        }
        $name = 'whatsapp:media-url:' . hash('sha256', "{$key->value}\n{$file->identity()}");
        $known = $key->isNamed ? $this->cache->get($name) : null;
        if (is_string($known)) {
            return $known;
        }
        $url = Compatibility::temporaryUrl(Storage::disk($file->disk), (string) $file->path, now()->addSeconds(SendKeys::LIFETIME));
        if ($url === null || ($this->way === 'auto' && !PublicUrl::isOne($url))) {
            return null;
        }
        if ($key->isNamed) {
            $this->cache->put($name, $url, SendKeys::LIFETIME);
        }

        return $url;
    }

    private function checkSize(?int $size): void
    {
        if ($size !== null && $size > self::UPLOAD_LIMIT) {
            throw new MediaRefused(
                'MEDIA_TOO_LARGE',
                'A file over 16 MB cannot be uploaded: put it on a disk that makes temporary URLs (s3), or give MediaFile::fromUrl().',
            );
        }
    }
}
