import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { LaravelHost } from '../laravel-host.ts'
import { describeWithLaravel } from '../php.ts'
import { refusal, ScriptedManager, SENT } from './scripted-manager.ts'

/** Sends its texts, the other way around at its second attempt, and what a job inside it sends; the first attempt fails after all. */
const JOB = `<?php
namespace App\\Jobs;

use Illuminate\\Contracts\\Queue\\ShouldQueue;
use Illuminate\\Foundation\\Bus\\Dispatchable;
use Illuminate\\Queue\\InteractsWithQueue;
use WhatsAppManager\\Laravel\\Facades\\WhatsApp;

class Greet implements ShouldQueue
{
    use Dispatchable, InteractsWithQueue;

    public $tries = 5;

    public function __construct(public array $texts, public ?string $inner = null) {}

    public function handle(): void
    {
        $isFirst = $this->job === null || $this->attempts() === 1;
        foreach ($isFirst ? $this->texts : array_reverse($this->texts) as $text) {
            WhatsApp::session('shop')->to('34600000002')->text($text);
        }
        if ($this->inner !== null) {
            self::dispatchSync([$this->inner]);
            throw_if($isFirst, new \\RuntimeException('after all was sent'));
        }
    }
}
`

const NOTIFICATION = `<?php
namespace App\\Notifications;

use Illuminate\\Bus\\Queueable;
use Illuminate\\Contracts\\Queue\\ShouldQueue;
use Illuminate\\Notifications\\Notification;
use WhatsAppManager\\Laravel\\Notifications\\WhatsAppMessage;

class Shipped extends Notification implements ShouldQueue
{
    use Queueable;

    public $tries = 5;

    public function via($notifiable): array
    {
        return ['whatsapp'];
    }

    public function toWhatsApp($notifiable): WhatsAppMessage
    {
        return WhatsAppMessage::text('Your order is on its way')->from('shop');
    }
}
`

describeWithLaravel('the key of a send', () => {
  let host: LaravelHost
  const manager = new ScriptedManager()
  beforeAll(async () => {
    await manager.listen()
    host = await LaravelHost.create({
      env: { WHATSAPP_MANAGER_URL: manager.url },
      files: { 'app/Jobs/Greet.php': JOB, 'app/Notifications/Shipped.php': NOTIFICATION },
    })
  }, 60_000)
  afterAll(async () => {
    await host?.end()
    await manager.close()
  })
  beforeEach(() => manager.will(SENT))

  const attempt = () => host.artisan('queue:work', '--once', '--sleep=0')
  const chat = "WhatsApp::session('shop')->to('34600000002')"
  const said = () => manager.asked.map(({ body, headers }) => [body.body, headers['idempotency-key']])

  it('is the same at each attempt of a job, whatever the order, and another for each of its messages', async () => {
    await host.run("App\\Jobs\\Greet::dispatch(['hello', 'bye', 'hello'], 'from inside'); return 1;")
    await attempt()
    const first = said()
    expect(new Set(first.map(([, key]) => key)).size).toBe(4)
    manager.will(SENT)
    await attempt()
    expect(said().sort()).toEqual(first.sort())
    await host.run("App\\Jobs\\Greet::dispatch(['hello']); return 1;")
    manager.will(SENT)
    await attempt()
    expect(first.map(([, key]) => key)).not.toContain(manager.keys()[0])
  })

  it('is the same at each attempt of a queued notification', async () => {
    manager.will(refusal(409, 'SESSION_NOT_CONNECTED'), SENT)
    await host.run('App\\Models\\User::find(1)->notify(new App\\Notifications\\Shipped); return 1;')
    await attempt()
    await attempt()
    expect(manager.asked.map(({ body }) => body)).toMatchObject([
      { session_id: 'shop', wa_id: '34600000002', body: 'Your order is on its way' },
      { session_id: 'shop', wa_id: '34600000002', body: 'Your order is on its way' },
    ])
    expect(new Set(manager.keys()).size).toBe(1)
  })

  it('is a new one for each call outside of jobs: who says the same twice means it', async () => {
    await host.run(`${chat}->text('OK'); ${chat}->text('OK'); return 1;`)
    expect(new Set(manager.keys()).size).toBe(2)
  })

  it('is what once() says, as it is or hashed where no header could carry it', async () => {
    await host.run(
      `${chat}->once('order-7')->text('a'); ${chat}->once('pedido nº 7')->text('a'); ${chat}->once('pedido nº 7')->text('a'); return 1;`,
    )
    const [plain, first, second] = manager.keys()
    expect(plain).toBe('order-7')
    expect(first).toMatch(/^once-[0-9a-f]{64}$/)
    expect(second).toBe(first)
  })

  it('is one for the same content about the same model, in jobs and outside', async () => {
    await host.run(`
      [$marta, $luis] = [App\\Models\\User::find(1), App\\Models\\User::find(2)];
      ${chat}->about($marta)->text('a');
      WhatsApp::session('shop')->to('+34 600 000 002')->about($marta)->text('a');
      ${chat}->about($luis)->text('a');
      ${chat}->about($marta)->text('b');
      WhatsApp::session('other')->to('34600000002')->about($marta)->text('a');
      ${chat}->about($marta)->again()->text('a');
      return 1;`)
    const [first, second, ...others] = manager.keys()
    expect(second).toBe(first)
    expect(new Set([first, ...others]).size).toBe(5)
  })

  it('is another after a refusal that was final, because what was refused never went out', async () => {
    const again = `try { ${chat}->once('order-8')->text('a'); } catch (Throwable $e) {} return 1;`
    manager.will(refusal(422, 'WHATSAPP_REJECTED'), refusal(422, 'SEND_FAILED'), SENT)
    for (let i = 0; i < 3; i++) await host.run(again)
    expect(manager.keys()).toEqual(['order-8', 'order-8~1', 'order-8~2'])
    manager.will(refusal(409, 'SESSION_NOT_CONNECTED'), refusal(503, 'STORE_FAILED'))
    await host.run(again)
    await host.run(again)
    expect(new Set(manager.keys())).toEqual(new Set(['order-8~2']))
  })
})
