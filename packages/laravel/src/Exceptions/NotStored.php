<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Exceptions;

use Illuminate\Database\QueryException;
use PDOException;
use RuntimeException;
use Throwable;

/**
 * A row of ours that the database refused. It stands in place of Laravel's QueryException, whose text holds every value of the row: what
 * people wrote, their numbers, their names. Logs and error trackers get this one.
 */
final class NotStored extends RuntimeException
{
    /** What drivers say without a value in it: what is missing, too long, full or locked. */
    private const PLAIN = '/^(?:no such table: [\w.]+|table \w+ has no column named \w+|(?:NOT NULL|UNIQUE) constraint failed: [\w., ]+'
        . '|database is locked|database or disk is full|attempt to write a readonly database|disk I\/O error'
        . '|Table \'[\w.]+\' doesn\'t exist|Unknown column \'[\w.]+\' in \'[\w ]+\'|Data too long for column \'\w+\' at row \d+'
        . '|ERROR: +(?:relation|column) "\w+"(?: of relation "\w+")? does not exist'
        . '|ERROR: +null value in column "\w+" of relation "\w+" violates not-null constraint'
        . '|ERROR: +value too long for type [\w ]+\(\d+\))$/';

    /** In place of what a query on our tables threw; anything else is given back as it is. */
    public static function inPlaceOf(Throwable $error, string $what): Throwable
    {
        $query = $error instanceof QueryException ? $error : $error->getPrevious();
        if (!$error instanceof PDOException || !$query instanceof QueryException) {
            return $error;
        }
        if (preg_match('/\bwhatsapp_\w+/', $query->getSql(), $table) !== 1) {
            return $error;
        }
        [$state, $code, $said] = ($query->errorInfo ?? []) + ['HY000', 0, ''];
        // PostgreSQL shows the row itself from the second line on.
        $said = explode("\n", (string) $said)[0];
        $why = preg_match(self::PLAIN, $said) === 1 ? $said : "error {$code} of the driver";

        return new self(
            "{$what}: {$table[0]} did not take it, SQLSTATE[{$state}], {$why}. `php artisan migrate:status` shows whether its migration has run."
            . ' Values are left out.',
        );
    }
}
