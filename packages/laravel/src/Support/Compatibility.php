<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Support;

use BadMethodCallException;
use DateTimeInterface;
use Illuminate\Contracts\Filesystem\Filesystem;
use Illuminate\Database\Schema\Blueprint;
use Illuminate\Database\Schema\ColumnDefinition;
use Illuminate\Foundation\Application;
use Illuminate\Support\Facades\Schema;
use Illuminate\Support\Sleep;
use RuntimeException;

/** What differs between the Laravels 8 to 13, and between their databases. */
final class Compatibility
{
    /** Characters of the longest indexed identifier: MySQL before 5.7 has room for 191 of four bytes. */
    public const IDENTIFIER_LENGTH = 191;

    /**
     * A column for an identifier that tells `Shop` from `shop`: MySQL compares text by a collation that does not,
     * and only MySQL knows the collation that does.
     */
    public static function identifier(Blueprint $table, string $name, int $length = self::IDENTIFIER_LENGTH): ColumnDefinition
    {
        $column = $table->string($name, $length);
        // Laravel 11 calls MariaDB a driver of its own.
        if (in_array(Schema::getConnection()->getDriverName(), ['mysql', 'mariadb'], true)) {
            $column->collation('utf8mb4_bin');
        }

        return $column;
    }

    /** Whether SQLite's transactions may be told to take the lock when they begin. */
    public static function hasTransactionModes(): bool
    {
        return version_compare(Application::VERSION, '12.26', '>=');
    }

    /** Waits, so that a test that fakes `Sleep` (Laravel 10 and later) need not. */
    public static function sleep(int $milliseconds): void
    {
        if (class_exists(Sleep::class)) {
            Sleep::for($milliseconds)->milliseconds();

            return;
        }
        usleep($milliseconds * 1000);
    }

    /**
     * A signed URL of a disk's file, or null if the disk makes none: Laravel 8 has no way to ask, and its drivers differ in what
     * they throw.
     */
    public static function temporaryUrl(Filesystem $disk, string $path, DateTimeInterface $expiration): ?string
    {
        if (!method_exists($disk, 'temporaryUrl')) {
            return null;
        }
        try {
            return $disk->temporaryUrl($path, $expiration);
        } catch (RuntimeException | BadMethodCallException) {
            return null;
        }
    }
}
