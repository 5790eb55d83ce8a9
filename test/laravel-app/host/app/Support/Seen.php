<?php

declare(strict_types=1);

namespace App\Support;

use Illuminate\Support\Facades\DB;

/** The package's events as this application heard them: a row each. */
class Seen
{
    /** @param array{0: object} $payload the event */
    public function event(string $name, array $payload): void
    {
        DB::table('seen')->insert([
            'event' => class_basename($name),
            'data' => json_encode($payload[0], JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR),
        ]);
    }
}
