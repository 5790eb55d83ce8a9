<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Support;

use Illuminate\Database\Schema\Blueprint;
use Illuminate\Database\Schema\ColumnDefinition;
use Illuminate\Support\Facades\Schema;

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
}
