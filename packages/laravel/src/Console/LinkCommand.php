<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Console;

use Illuminate\Console\Command;
use Illuminate\Support\Carbon;
use WhatsAppManager\Laravel\Client\Manager;
use WhatsAppManager\Laravel\Exceptions\WhatsAppException;
use WhatsAppManager\Laravel\Models\Session;
use WhatsAppManager\Laravel\Support\Compatibility;
use WhatsAppManager\Laravel\WhatsApp;

/** Links a phone from the terminal: the QR, drawn anew whenever it changes, until somebody scanned it. */
class LinkCommand extends Command
{
    protected $signature = 'whatsapp:link
        {session? : Its id; else WHATSAPP_SESSION, or "main"}
        {--user= : The key of the user whose session it is; of one that is stored already its own}
        {--phone= : The phone\'s number with its country code: shows a pairing code in place of a QR}
        {--timeout=300 : Seconds to wait for the phone}';

    protected $description = 'Link a phone: shows a QR, or a pairing code, until it is linked';

    /** What is on the screen now; a secret, kept nowhere else. */
    private string $shown = '';

    public function handle(WhatsApp $whatsapp): int
    {
        $id = (string) ($this->argument('session') ?? config('whatsapp.session') ?? 'main');
        $owner = $this->option('user') ?? Session::query()->where('session_id', $id)->value('user_id')
            ?? ($this->input->isInteractive() ? $this->ask("Whose session is \"{$id}\"? The key of the user") : null);
        if ($owner === null || $owner === '') {
            $this->error("Say whose session \"{$id}\" is: --user=, the key of a user of yours.");

            return self::FAILURE;
        }
        try {
            return $this->link($whatsapp, $id, (string) $owner);
        } catch (WhatsAppException $failure) {
            $this->error($failure->getMessage());

            return self::FAILURE;
        }
    }

    private function link(WhatsApp $whatsapp, string $id, string $owner): int
    {
        $phone = $this->option('phone');
        $until = Carbon::now()->addSeconds((int) $this->option('timeout'));
        $whatsapp->start($owner, $id, $phone);
        do {
            $session = $whatsapp->manager()->session($id);
            if ($session['state'] === 'open') {
                $this->info("Session {$id} is linked" . ($session['wa_id'] === null ? '.' : " to +{$session['wa_id']}."));

                return self::SUCCESS;
            }
            if (in_array($session['detail'], ['expired', 'refused'], true)) {
                $whatsapp->start($owner, $id, $phone);
            }
            $this->show($whatsapp->manager(), $id, $session);
            Compatibility::sleep(1000);
        } while (Carbon::now()->lessThan($until));
        $why = $session['reason_text'] ?? "it is {$session['state']}";
        $this->error("Session {$id} was not linked in time: {$why}. Call this again to go on.");

        return self::FAILURE;
    }

    /** @param array<string, mixed> $session */
    private function show(Manager $manager, string $id, array $session): void
    {
        $detail = (string) $session['detail'];
        try {
            $text = match (true) {
                $session['state'] === 'awaitingQr' && str_starts_with($detail, 'passkey') => $this->passkey($manager->passkey($id)),
                $this->option('phone') !== null => $this->code($manager->pairingCode($id)['code']),
                default => "Scan it with WhatsApp > Linked devices > Link a device:\n\n" . $manager->drawnQr($id, 'txt'),
            };
        } catch (WhatsAppException $failure) {
            if (!$failure->is('QR_NOT_AVAILABLE', 'PAIRING_CODE_NOT_AVAILABLE', 'PASSKEY_NOT_ASKED')) {
                throw $failure;
            }
            $text = ($session['reason_text'] ?? "Session {$id} is {$session['state']}" . ($detail === '' ? '' : " ({$detail})")) . ' …';
        }
        if ($text !== $this->shown) {
            $this->shown = $text;
            // The half blocks of the QR and its colours are the manager's own.
            $this->output->writeln(($this->output->isDecorated() ? "\e[2J\e[H" : '') . $text, $this->output::OUTPUT_RAW);
        }
    }

    private function code(string $code): string
    {
        return "Type {$code} into the phone: WhatsApp > Linked devices > Link a device > Link with phone number instead.";
    }

    /** @param array<string, mixed> $demand */
    private function passkey(array $demand): string
    {
        return match (true) {
            $demand['code'] !== null => "The phone shows a code. If it is {$demand['code']}, go on there, and call WhatsApp::manager()->confirmPasskey().",
            $demand['page_url'] !== null => "WhatsApp asks for the passkey of the account's owner (docs/passkey.md of the manager): {$demand['page_url']}",
            default => 'WhatsApp looks at the passkey …',
        };
    }
}
