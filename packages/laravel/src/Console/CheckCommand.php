<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Console;

use Illuminate\Console\Command;
use WhatsAppManager\Laravel\Support\Finding;
use WhatsAppManager\Laravel\Support\SelfCheck;

/** Looks at both directions, and says of each thing that is wrong what mends it. */
class CheckCommand extends Command
{
    protected $signature = 'whatsapp:check';

    protected $description = 'Check that this application and the WhatsApp manager reach and trust each other';

    private const MARKS = [
        Finding::PASSED => '<info>✓</info>',
        Finding::WARNING => '<comment>!</comment>',
        Finding::FAILED => '<fg=red>✗</>',
    ];

    public function handle(SelfCheck $check): int
    {
        $failed = 0;
        foreach ($check->findings() as $finding) {
            $this->line(self::MARKS[$finding->result] . ' ' . $this->escaped($finding->subject . ': ' . $finding->message));
            if ($finding->mend !== null) {
                $this->line('    ' . $this->escaped($finding->mend));
            }
            $failed += $finding->result === Finding::FAILED ? 1 : 0;
        }
        $this->line('');
        $this->line($failed === 0 ? 'All is well.' : "Not well: {$failed} of these must be mended.");

        return $failed === 0 ? self::SUCCESS : self::FAILURE;
    }

    private function escaped(string $text): string
    {
        return \Symfony\Component\Console\Formatter\OutputFormatter::escape($text);
    }
}
