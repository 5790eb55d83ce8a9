import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithLaravel } from '../php.ts'
import { ANA, SHOP, Shop, soon } from '../shop.ts'

const JOB = `<?php
namespace App\\Jobs;

use Illuminate\\Contracts\\Queue\\ShouldQueue;
use Illuminate\\Foundation\\Bus\\Dispatchable;
use Illuminate\\Queue\\InteractsWithQueue;
use WhatsAppManager\\Laravel\\Facades\\WhatsApp;

class Tell implements ShouldQueue
{
    use Dispatchable, InteractsWithQueue;

    public $tries = 5;

    public function __construct(public string $text) {}

    public function handle(): void
    {
        WhatsApp::session('shop')->to('${ANA}')->text($this->text);
    }
}
`

describeWithLaravel('a job whose send was answered by nobody, because the manager was killed', () => {
  let shop: Shop
  beforeAll(async () => {
    shop = await Shop.open({ files: { 'app/Jobs/Tell.php': JOB } })
    await shop.link()
  }, 60_000)
  afterAll(() => shop?.close({ unsettled: 'the manager is killed while receipts are on their way' }))

  const arrived = (text: string) =>
    shop.world.simulator
      .contact(ANA)
      .inbox.filter(one => one.text === text)
      .map(({ id }) => id)
  const attempt = () => shop.laravel.artisan('queue:work', '--once', '--sleep=0')

  it.each(['before it left', 'after it left'])('sends one message in its next attempt: %s', {
    timeout: 90_000,
  }, async when => {
    const { simulator } = shop.world
    // A receipt of the phone would answer as well as WhatsApp's ack.
    simulator.contact(ANA).autoDelivered = false
    await shop.world.waitForState('shop', 'open')
    simulator.dropAck(SHOP)
    await shop.laravel.run(`App\\Jobs\\Tell::dispatch('${when}'); return 1;`)
    const first = attempt()
    await (when === 'after it left'
      ? soon(() => expect(arrived(when)).not.toEqual([]))
      : soon(() =>
          expect(shop.laravel.rows('SELECT * FROM jobs WHERE reserved_at IS NOT NULL')).toHaveLength(1),
        ))
    const { port } = new URL(shop.world.url)
    await shop.world.stopManager('SIGKILL')
    await first
    expect(shop.laravel.rows('SELECT attempts FROM jobs')).toEqual([{ attempts: 1 }])
    await shop.world.startManager({ PORT: port })
    await shop.world.waitForState('shop', 'open')
    await attempt()
    await soon(() => expect(shop.laravel.rows('SELECT * FROM jobs')).toEqual([]))
    await soon(() => expect(arrived(when)).not.toEqual([]))
    expect(new Set(arrived(when)).size).toBe(1)
  })
})
