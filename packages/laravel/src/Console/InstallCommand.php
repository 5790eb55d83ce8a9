<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Console;

use Illuminate\Console\Command;

/** Publishes what an application may want to change, and says what goes into both .env files. */
class InstallCommand extends Command
{
    protected $signature = 'whatsapp:install
        {--url= : Where the manager listens}
        {--write : Also write into this application\'s .env what is not in it yet}
        {--force : Publish over what was published before}';

    protected $description = 'Publish config and migrations of the WhatsApp package, and show the lines for both .env files';

    public function handle(): int
    {
        foreach (['whatsapp-config', 'whatsapp-migrations'] as $tag) {
            $this->callSilently('vendor:publish', ['--tag' => $tag, '--force' => (bool) $this->option('force')]);
        }
        $this->info('Published config/whatsapp.php and the migrations.');

        $ours = [
            'WHATSAPP_MANAGER_URL' => (string) ($this->option('url') ?? config('whatsapp.url')),
            'WHATSAPP_MANAGER_KEY' => $this->secretOr((string) config('whatsapp.key'), bin2hex(random_bytes(24))),
            'WHATSAPP_WEBHOOK_SECRET' => $this->secretOr((string) config('whatsapp.secret'), 'whsec_' . base64_encode(random_bytes(32))),
        ];
        $theirs = [
            'LARAVEL_URL' => rtrim((string) config('app.url'), '/') . '/' . trim((string) config('whatsapp.prefix'), '/'),
            'API_KEYS' => $ours['WHATSAPP_MANAGER_KEY'],
            'LARAVEL_WEBHOOK_SECRET' => $ours['WHATSAPP_WEBHOOK_SECRET'],
            'LARAVEL_MESSAGE_STATUS' => 'true',
        ];
        $this->show('.env of this application:', $ours);
        $this->show('.env of the manager, which is then restarted:', $theirs);
        if ($this->option('write')) {
            $this->write($ours);
        }
        $this->line('');
        $migrates = $this->confirm('Run the migrations now?', true);
        if ($migrates) {
            $this->call('migrate');
        }
        $this->line('Then: ' . ($migrates ? '' : 'php artisan migrate, ') . 'php artisan whatsapp:check, php artisan whatsapp:link');

        return self::SUCCESS;
    }

    /** One that is set stays, and both sides must have the same. */
    private function secretOr(string $known, string $new): string
    {
        return $known === '' ? $new : $known;
    }

    /** @param array<string, string> $lines */
    private function show(string $title, array $lines): void
    {
        $this->line('');
        $this->comment($title);
        foreach ($lines as $name => $value) {
            $this->line("  {$name}={$value}");
        }
    }

    /** @param array<string, string> $lines */
    private function write(array $lines): void
    {
        $path = $this->laravel->basePath('.env');
        $text = is_file($path) ? (string) file_get_contents($path) : '';
        $missing = array_filter(
            $lines,
            static fn (string $name): bool => preg_match("/^\s*{$name}\s*=/m", $text) !== 1,
            ARRAY_FILTER_USE_KEY,
        );
        $added = implode('', array_map(static fn (string $name, string $value): string => "{$name}={$value}\n", array_keys($missing), $missing));
        if ($added === '') {
            $this->line('.env has all three; nothing was written.');

            return;
        }
        if (@file_put_contents($path, ($text === '' || str_ends_with($text, "\n") ? '' : "\n") . $added, FILE_APPEND | LOCK_EX) === false) {
            $this->error("{$path} cannot be written: add the lines yourself.");

            return;
        }
        $this->info('Written into .env: ' . implode(', ', array_keys($missing)) . '.');
    }
}
