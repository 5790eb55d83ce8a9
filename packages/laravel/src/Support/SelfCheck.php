<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Support;

use Illuminate\Contracts\Config\Repository;
use Illuminate\Support\Carbon;
use Illuminate\Support\Facades\Schema;
use Throwable;
use WhatsAppManager\Laravel\Client\Answer;
use WhatsAppManager\Laravel\Client\Manager;
use WhatsAppManager\Laravel\Exceptions\NotFound;
use WhatsAppManager\Laravel\Exceptions\WhatsAppException;
use WhatsAppManager\Laravel\Models\Message;

/** Whether this application and the manager reach and trust each other. Changes nothing on either side. */
final class SelfCheck
{
    public function __construct(
        private readonly Repository $config,
        private readonly Manager $manager,
    ) {
    }

    /** @return iterable<Finding> in the order in which they are mended */
    public function findings(): iterable
    {
        yield $this->tables();
        yield $this->credentials();
        yield from $this->services();
        yield from $this->there();
    }

    private function tables(): Finding
    {
        try {
            $missing = array_filter(
                ['whatsapp_sessions', 'whatsapp_messages', 'whatsapp_message_statuses', 'whatsapp_webhooks'],
                static fn (string $table): bool => !Schema::hasTable($table),
            );
        } catch (Throwable $error) {
            return Finding::failed('database', 'it cannot be asked: ' . get_class($error), 'Look at DB_* in .env.');
        }

        return $missing === []
            ? Finding::passed('database', 'the tables are there')
            : Finding::failed('database', 'missing: ' . implode(', ', $missing), 'Run `php artisan migrate`.');
    }

    private function credentials(): Finding
    {
        $secrets = Signature::secretsIn((string) $this->config->get('whatsapp.secret'));
        $has = $secrets !== [] || (string) $this->config->get('whatsapp.token') !== '';

        return $has
            ? Finding::passed('secret', $secrets === [] ? 'deliveries need the token' : 'deliveries need a signature')
            : Finding::failed(
                'secret',
                'neither WHATSAPP_WEBHOOK_SECRET nor WHATSAPP_MANAGER_TOKEN is set, so that nothing of the manager\'s is taken',
                '`php artisan whatsapp:install` shows the lines for both .env files.',
            );
    }

    /**
     * What works in a worker only if it is shared with it.
     *
     * @return iterable<Finding>
     */
    private function services(): iterable
    {
        yield from $this->queue();
        $store = $this->config->get('cache.default');
        if (in_array($this->config->get("cache.stores.{$store}.driver"), ['array', 'null'], true)) {
            yield Finding::warning(
                'cache',
                "{$store} forgets at the end of each process under which key a message was refused, and which link its file has",
                'Set the cache to file, database or redis.',
            );
        }
    }

    /** @return iterable<Finding> */
    private function queue(): iterable
    {
        $connection = $this->config->get('whatsapp.connection') ?? $this->config->get('queue.default');
        $settings = (array) $this->config->get("queue.connections.{$connection}");
        $driver = $settings['driver'] ?? 'sync';
        if ($driver === 'sync') {
            yield Finding::warning(
                'queue',
                "{$connection} runs the listeners of messages while the manager waits",
                'Set QUEUE_CONNECTION to database or redis, and run `php artisan queue:work`.',
            );
        }
        try {
            $table = $settings['table'] ?? 'jobs';
            if ($driver === 'database' && !Schema::connection($settings['connection'] ?? null)->hasTable($table)) {
                yield Finding::failed(
                    'queue',
                    "jobs go into {$table}, which is missing: each message is answered with 500",
                    'Run `php artisan queue:table` (from Laravel 11 on `make:queue-table`), then `php artisan migrate`.',
                );
            } elseif ($driver === 'database' && $this->losesRaces($settings['connection'] ?? null)) {
                yield Finding::warning(
                    'queue',
                    'SQLite refuses a job when somebody else writes, and Laravel then calls it failed, without having tried it',
                    "Set `'transaction_mode' => 'IMMEDIATE'` for SQLite in config/database.php.",
                );
            }
            if ($this->isWaiting()) {
                $queue = (string) $this->config->get('whatsapp.queue');
                $command = "php artisan queue:work {$connection}" . ($queue === '' ? '' : " --queue={$queue}");
                yield Finding::warning(
                    'queue',
                    'messages have waited for over a minute: no listener has heard of them',
                    "Keep `{$command}` running.",
                );
            }
        } catch (Throwable) {
            // What is wrong with the database is told above.
        }
    }

    /** Whether its transactions begin by reading; before Laravel 12.26 they always do, and nobody can change it. */
    private function losesRaces(?string $connection): bool
    {
        $database = $connection ?? $this->config->get('database.default');

        return $this->config->get("database.connections.{$database}.driver") === 'sqlite'
            && strtoupper((string) $this->config->get("database.connections.{$database}.transaction_mode")) !== 'IMMEDIATE'
            && Compatibility::hasTransactionModes();
    }

    /** Whether jobs of messages lie where no worker takes them, as far as the newest messages tell. */
    private function isWaiting(): bool
    {
        $since = (new Message())->fromDateTime(Carbon::now()->subMinute());

        return Message::query()->where('id', '>', (int) Message::query()->max('id') - 1000)
            ->where('handling', 'queued')->where('updated_at', '<', $since)->exists();
    }

    /** @return iterable<Finding> */
    private function there(): iterable
    {
        $url = (string) $this->config->get('whatsapp.url');
        try {
            $health = $this->manager->health();
            // That one needs no key.
            $answer = $this->manager->request('GET', '/stats');
            $answer->json();
            $this->mayWrite();
        } catch (WhatsAppException $failure) {
            yield Finding::failed('manager', $failure->sentence(), $failure->whatToDo());

            return;
        }
        yield Finding::passed('manager', "it answers at {$url}, and the key is good");
        foreach ($health['problems'] as $problem) {
            yield Finding::failed('manager', $problem['message']);
        }
        foreach ($health['warnings'] as $warning) {
            yield Finding::warning('manager', $warning['message']);
        }
        yield $this->clock($answer);
        yield from $this->back();
    }

    /** A key for reading is good for all of the above; a session that cannot be there is one that nothing is done to. */
    private function mayWrite(): void
    {
        try {
            $this->manager->retryDeliveries('check-' . bin2hex(random_bytes(16)));
        } catch (NotFound) {
            // As it should be.
        }
    }

    /** A signature carries the manager's time. */
    private function clock(Answer $answer): Finding
    {
        $date = strtotime((string) $answer->header('date'));
        if ($date === false) {
            return Finding::warning('clock', 'the manager did not say what time it is');
        }
        $off = abs(Carbon::now()->getTimestamp() - $date);
        $tolerance = (int) $this->config->get('whatsapp.tolerance', 300);

        return $off * 2 < $tolerance
            ? Finding::passed('clock', $off <= 1 ? 'both machines have the same time' : "{$off} s apart, {$tolerance} s are allowed")
            : Finding::failed('clock', "{$off} s apart, {$tolerance} s are allowed", 'Let both machines set their clocks by NTP.');
    }

    /**
     * The other direction, as the manager sees it.
     *
     * @return iterable<Finding>
     */
    private function back(): iterable
    {
        try {
            $report = $this->manager->checkLaravel();
        } catch (WhatsAppException $failure) {
            yield $failure->is('NOT_FOUND')
                ? Finding::warning('deliveries', 'this manager cannot be asked how it reaches this application', 'Update the manager; until then `GET /health` has it once it tried.')
                : Finding::failed('deliveries', $failure->sentence(), $failure->whatToDo());

            return;
        }
        $expected = '/' . trim((string) $this->config->get('whatsapp.prefix'), '/');
        $path = rtrim((string) parse_url((string) ($report['address'] ?? ''), PHP_URL_PATH), '/');
        if (($report['address'] ?? null) !== null && !str_ends_with($path, rtrim($expected, '/'))) {
            yield Finding::failed(
                'deliveries',
                "the manager's LARAVEL_URL is {$report['address']}, which is not where this package listens",
                "Set it to this application's address and {$expected}.",
            );
        }
        foreach ($report['checks'] ?? [] as $check) {
            $subject = "deliveries, {$check['subject']}";
            yield match ($check['result']) {
                'passed' => Finding::passed($subject, $check['message']),
                'failed' => Finding::failed($subject, $check['message'], $check['mend']),
                default => Finding::warning($subject, $check['message'], $check['mend']),
            };
        }
    }
}
