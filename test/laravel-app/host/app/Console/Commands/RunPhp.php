<?php

declare(strict_types=1);

namespace App\Console\Commands;

use Illuminate\Console\Command;

/**
 * Runs the PHP it is given on its standard input within the application, as `artisan tinker` would, and prints what it
 * returns as JSON on the last line.
 */
class RunPhp extends Command
{
    protected $signature = 'host:run';

    protected $description = 'Run PHP from the standard input';

    public function handle(): int
    {
        $file = tempnam(sys_get_temp_dir(), 'host-run-');
        try {
            file_put_contents($file, '<?php '.stream_get_contents(STDIN));
            $result = require $file;
        } finally {
            @unlink($file);
        }
        $this->line("\n".json_encode($result, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR));

        return 0;
    }
}
