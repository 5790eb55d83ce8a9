<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Notifications;

use Illuminate\Contracts\Filesystem\Filesystem;
use Illuminate\Http\UploadedFile;
use Illuminate\Support\Facades\Storage;
use InvalidArgumentException;
use Throwable;

/** A file to be sent, made as Laravel's mail attachments are. */
final class MediaFile
{
    private ?string $name = null;

    private ?string $mimetype = null;

    private function __construct(
        public readonly ?string $url = null,
        public readonly ?string $disk = null,
        public readonly ?string $path = null,
        private readonly ?string $data = null,
    ) {
    }

    /** A URL that the manager can fetch: on the internet, without a login. */
    public static function fromUrl(string $url): self
    {
        if (preg_match('#^https?://#i', $url) !== 1) {
            throw new InvalidArgumentException(
                'A URL begins with https:// or http://; of a disk: MediaFile::fromStorage($path), of this machine: MediaFile::fromPath($path).',
            );
        }

        return new self(url: $url);
    }

    /** A file of the default disk. */
    public static function fromStorage(string $path): self
    {
        return self::fromStorageDisk(null, $path);
    }

    /** A file of a disk: by a temporary URL if the disk makes one that the manager can reach, else uploaded (up to 16 MB). */
    public static function fromStorageDisk(?string $disk, string $path): self
    {
        $file = new self(disk: $disk ?? (string) config('filesystems.default'), path: $path);

        return $file->as(basename($path));
    }

    /** A file of this machine, uploaded (up to 16 MB). */
    public static function fromPath(string $path): self
    {
        return (new self(path: $path))->as(basename($path));
    }

    /** A file that came with a request of this application. */
    public static function fromUpload(UploadedFile $file): self
    {
        return self::fromPath((string) $file->getRealPath())->as($file->getClientOriginalName());
    }

    /** Bytes, uploaded (up to 16 MB). */
    public static function fromData(string $bytes, ?string $name = null): self
    {
        $file = new self(data: $bytes);

        return $name === null ? $file : $file->as($name);
    }

    /** What the recipient sees as its name. */
    public function as(string $name): self
    {
        $this->name = $name;

        return $this;
    }

    /** Where the content does not say what it is. */
    public function withMime(string $mimetype): self
    {
        $this->mimetype = $mimetype;

        return $this;
    }

    /** @return array<string, string> `filename`, `mimetype` as far as they are known */
    public function fields(): array
    {
        return array_filter(['filename' => $this->name, 'mimetype' => $this->mimetype], static fn ($value): bool => $value !== null);
    }

    /** The bytes. Throws InvalidArgumentException when the file is not there. */
    public function contents(): string
    {
        $bytes = $this->data ?? ($this->disk !== null ? $this->fromDisk() : @file_get_contents((string) $this->path));
        if (!is_string($bytes)) {
            throw new InvalidArgumentException("There is no file {$this->shown()} that can be read.");
        }

        return $bytes;
    }

    /** In bytes; null where only the whole content tells. */
    public function size(): ?int
    {
        return match (true) {
            $this->data !== null => strlen($this->data),
            $this->disk !== null => $this->ask(fn (Filesystem $disk): int => (int) $disk->size((string) $this->path)),
            $this->path !== null => is_file($this->path) ? (int) filesize($this->path) : null,
            default => null,
        };
    }

    /** The same as long as the file is: its place and date on a disk, its bytes else. */
    public function identity(): string
    {
        return match (true) {
            $this->url !== null => "url:{$this->url}",
            $this->disk !== null => "disk:{$this->disk}:{$this->path}:{$this->size()}:"
                . $this->ask(fn (Filesystem $disk): int => (int) $disk->lastModified((string) $this->path)),
            default => 'sha256:' . hash('sha256', $this->contents()),
        };
    }

    private function fromDisk(): ?string
    {
        return $this->ask(fn (Filesystem $disk) => $disk->get((string) $this->path));
    }

    /** Laravels before 9 throw for what is not there, later ones give null unless the disk is told to throw. */
    private function ask(callable $question): mixed
    {
        try {
            return $question(Storage::disk($this->disk));
        } catch (Throwable $error) {
            throw new InvalidArgumentException("There is no file {$this->shown()} that can be read.", 0, $error);
        }
    }

    private function shown(): string
    {
        return $this->disk === null ? (string) $this->path : "{$this->path} on disk {$this->disk}";
    }
}
