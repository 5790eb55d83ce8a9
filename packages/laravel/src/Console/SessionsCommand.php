<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Console;

use Illuminate\Console\Command;
use Illuminate\Support\Carbon;
use WhatsAppManager\Laravel\Client\Manager;
use WhatsAppManager\Laravel\Exceptions\WhatsAppException;

/** What the manager says of its sessions, and why one is not open. */
class SessionsCommand extends Command
{
    protected $signature = 'whatsapp:sessions
        {--state= : starting, awaitingQr, open, reconnecting or loggedOut}
        {--user= : Those of a user}
        {--q= : Part of an id, a number or a name}';

    protected $description = 'List the sessions of the WhatsApp manager';

    public function handle(Manager $manager): int
    {
        $query = ['state' => $this->option('state'), 'user_id' => $this->option('user'), 'q' => $this->option('q')];
        try {
            $rows = [];
            foreach ($manager->eachSession($query) as $session) {
                $rows[] = $this->row($session);
            }
        } catch (WhatsAppException $failure) {
            $this->error($failure->getMessage());

            return self::FAILURE;
        }
        if ($rows === []) {
            $this->line('No session matches. `php artisan whatsapp:link` links the first one.');

            return self::SUCCESS;
        }
        $this->table(['session', 'user', 'state', 'estado_qr', 'number', 'active', 'why'], $rows);

        return self::SUCCESS;
    }

    /**
     * @param array<string, mixed> $session
     *
     * @return list<string>
     */
    private function row(array $session): array
    {
        return [
            (string) $session['session_id'],
            (string) $session['user_id'],
            $session['state'] . ($session['detail'] === null ? '' : ".{$session['detail']}"),
            (string) $session['estado_qr'],
            $session['wa_id'] === null ? '' : "+{$session['wa_id']}",
            Carbon::parse($session['last_activity'])->diffForHumans(),
            (string) $session['reason_text'],
        ];
    }
}
