<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Client;

use Illuminate\Support\Facades\Storage;
use RuntimeException;
use WhatsAppManager\Laravel\Exceptions\UnexpectedAnswer;
use WhatsAppManager\Laravel\Exceptions\WhatsAppException;

/** The file of a received message, fetched from the manager with the API key and checked by its SHA-256. */
final class ReceivedFile
{
    private const EXTENSIONS = [
        'image/jpeg' => 'jpg', 'image/png' => 'png', 'image/webp' => 'webp', 'image/gif' => 'gif',
        'video/mp4' => 'mp4', 'video/3gpp' => '3gp', 'audio/ogg' => 'ogg', 'audio/mpeg' => 'mp3', 'audio/mp4' => 'm4a',
        'audio/aac' => 'aac', 'audio/amr' => 'amr', 'application/pdf' => 'pdf', 'text/plain' => 'txt', 'text/vcard' => 'vcf',
    ];

    /** @param array<string, mixed> $media `{id, mimetype?, filename?, size?}` as it was delivered */
    public function __construct(
        private readonly Manager $manager,
        private readonly array $media,
    ) {
    }

    /** Its bytes, all in memory. */
    public function contents(): string
    {
        $bytes = $this->manager->media($this->id())->body;
        $this->check(hash('sha256', $bytes));

        return $bytes;
    }

    /**
     * Stores it on a disk under its own hash: the same file twice is one. Its sender's name for it is never part of the path.
     *
     * @param string|null $disk null: the default disk
     *
     * @return string its path there
     *
     * @throws WhatsAppException `NOT_FOUND`: it is not here yet (`media.error` says so), or not any more
     */
    public function store(string $directory = 'whatsapp', ?string $disk = null): string
    {
        return $this->storeAs($directory, $this->id() . $this->extension(), $disk);
    }

    /** As `store()`, under a name of your own. */
    public function storeAs(string $directory, string $name, ?string $disk = null): string
    {
        $path = ltrim(trim($directory, '/') . "/{$name}", '/');
        $temporary = tempnam(sys_get_temp_dir(), 'whatsapp-');
        if ($temporary === false) {
            throw new RuntimeException('No temporary file can be made on this machine.');
        }
        try {
            $this->manager->media($this->id(), $temporary);
            $this->check((string) hash_file('sha256', $temporary));
            $this->put($temporary, $path, $disk);
        } finally {
            @unlink($temporary);
        }

        return $path;
    }

    private function put(string $from, string $path, ?string $disk): void
    {
        $stream = fopen($from, 'rb');
        // Laravels differ in whether a failure throws.
        if ($stream === false || Storage::disk($disk)->put($path, $stream) === false) {
            throw new RuntimeException("The file could not be written to {$path} on disk " . ($disk ?? 'default') . '.');
        }
        if (is_resource($stream)) {
            fclose($stream);
        }
    }

    private function id(): string
    {
        return (string) $this->media['id'];
    }

    private function check(string $sha256): void
    {
        if (!hash_equals($this->id(), $sha256)) {
            throw UnexpectedAnswer::otherBytes();
        }
    }

    private function extension(): string
    {
        $essence = strtolower(trim(explode(';', (string) ($this->media['mimetype'] ?? ''))[0]));
        $named = strtolower(pathinfo((string) ($this->media['filename'] ?? ''), PATHINFO_EXTENSION));
        $extension = self::EXTENSIONS[$essence] ?? (preg_match('/^(?!php|phar|phtml|htaccess)[a-z0-9]{1,8}$/', $named) === 1 ? $named : 'bin');

        return ".{$extension}";
    }
}
