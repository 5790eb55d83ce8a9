import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { LaravelHost } from '../laravel-host.ts'
import { describeWithLaravel } from '../php.ts'

/** What an application's developer would write; PHPUnit runs it. */
const TEST = `<?php
use Illuminate\\Support\\Facades\\DB;
use PHPUnit\\Framework\\AssertionFailedError;
use PHPUnit\\Framework\\TestCase;
use WhatsAppManager\\Laravel\\Exceptions\\SessionNotConnected;
use WhatsAppManager\\Laravel\\Facades\\WhatsApp;
use WhatsAppManager\\Laravel\\Models\\Session;
use WhatsAppManager\\Laravel\\Notifications\\MediaFile;
use WhatsAppManager\\Laravel\\Notifications\\WhatsAppMessage;

class FakeTest extends TestCase
{
    protected function setUp(): void
    {
        require_once __DIR__.'/../vendor/autoload.php';
        $app = require __DIR__.'/../bootstrap/app.php';
        $app->make(Illuminate\\Contracts\\Console\\Kernel::class)->bootstrap();
        WhatsApp::fake();
    }

    public function testWhatWasSent(): void
    {
        WhatsApp::assertNothingSent();
        WhatsApp::session('shop')->to('+34 600 000 002')->text('On our way');
        WhatsApp::session('shop')->to('34600000003')->image(MediaFile::fromData('a cat', 'cat.jpg'), 'A cat');
        WhatsApp::assertSent('On our way');
        WhatsApp::assertSentTo('34600000002', 'On our way');
        WhatsApp::assertSentTo('34600000003@s.whatsapp.net');
        WhatsApp::assertSent(fn ($sent) => $sent->type() === 'image' && $sent->caption === 'A cat' && $sent->session() === 'shop');
        WhatsApp::assertNotSent('Goodbye');
        WhatsApp::assertNotSentTo('34600000004');
        WhatsApp::assertSentCount(2);
        $this->assertSame('cat.jpg', WhatsApp::sent()[1]->filename);
    }

    public function testWhatWasNot(): void
    {
        WhatsApp::session('shop')->to('34600000002')->text('On our way');
        foreach ([
            fn () => WhatsApp::assertSent('Goodbye'),
            fn () => WhatsApp::assertSentTo('34600000003', 'On our way'),
            fn () => WhatsApp::assertNotSent('On our way'),
            fn () => WhatsApp::assertNothingSent(),
            fn () => WhatsApp::assertSentCount(2),
            fn () => WhatsApp::assertSent('On our way', 2),
            fn () => WhatsApp::assertStarted(),
            fn () => WhatsApp::assertRead('3EB0'),
        ] as $i => $wrong) {
            $message = null;
            try {
                $wrong();
            } catch (AssertionFailedError $e) {
                $message = $e->getMessage();
            }
            $this->assertNotNull($message, "assertion $i should have failed");
        }
        $this->assertStringContainsString('1 times instead of 2', $this->failureOf(fn () => WhatsApp::assertSent('On our way', 2)));
        $this->assertStringContainsString('text to 34600000002 from shop', $this->failureOf(fn () => WhatsApp::assertSent('Goodbye')));
    }

    private function failureOf(callable $wrong): string
    {
        try {
            $wrong();
        } catch (AssertionFailedError $e) {
            return $e->getMessage();
        }
        return '';
    }

    public function testAMessageThatIsAskedForTwiceIsOne(): void
    {
        $first = WhatsApp::session('shop')->to('34600000002')->once('order-7')->text('a');
        $second = WhatsApp::session('shop')->to('34600000002')->once('order-7')->text('a');
        $this->assertSame([$first->id, false, true], [$second->id, $first->replayed, $second->replayed]);
        WhatsApp::assertSentCount(1);
        WhatsApp::session('shop')->to('34600000002')->text('a');
        WhatsApp::assertSent('a', 2);
    }

    public function testARefusal(): void
    {
        WhatsApp::fake()->refuseNextSend('SESSION_NOT_CONNECTED', 409);
        try {
            WhatsApp::session('shop')->to('34600000002')->text('a');
            $this->fail('it was refused');
        } catch (SessionNotConnected $e) {
            $this->assertSame('SESSION_NOT_CONNECTED', $e->errorCode());
        }
        WhatsApp::assertNothingSent();
        WhatsApp::session('shop')->to('34600000002')->text('b');
        WhatsApp::assertSent('b');
    }

    public function testASessionThatIsStartedHasItsRow(): void
    {
        DB::beginTransaction();
        $session = WhatsApp::start(App\\Models\\User::find(1), 'fake-shop');
        WhatsApp::assertStarted(App\\Models\\User::find(1), 'fake-shop');
        WhatsApp::assertStarted(1);
        $this->assertSame(['pending', '1'], [$session->estado_qr, Session::firstWhere('session_id', 'fake-shop')->user_id]);
        DB::rollBack();
    }

    public function testNotificationsReadMarksAndAnswers(): void
    {
        App\\Models\\User::find(1)->notify(new class extends Illuminate\\Notifications\\Notification {
            public function via($notifiable) { return ['whatsapp']; }
            public function toWhatsApp($notifiable) { return WhatsAppMessage::text('Hello '.$notifiable->name)->from('shop'); }
        });
        WhatsApp::assertSentTo('34600000002', 'Hello Marta');
        WhatsApp::session('shop')->read(['3EB0A', '3EB0B']);
        WhatsApp::assertRead('3EB0B');
        $this->assertTrue(WhatsApp::session('shop')->number('34600000002')['exists']);
        WhatsApp::fake()->answerWith('GET', '/sessions/shop/numbers/34600000009', ['exists' => false]);
        $this->assertFalse(WhatsApp::session('shop')->number('34600000009')['exists']);
        $this->assertTrue(WhatsApp::session('shop')->isOpen());
    }
}
`

const PHPUNIT = spawnSync('phpunit', ['--version']).status === 0

describeWithLaravel('WhatsApp::fake()', () => {
  let host: LaravelHost
  beforeAll(async () => {
    host = await LaravelHost.create({ files: { 'tests/FakeTest.php': TEST } })
  }, 60_000)
  afterAll(() => host?.end())

  const name = 'is asserted on in PHPUnit'
  if (!PHPUNIT && process.env.REQUIRE_LARAVEL !== '1')
    it.skip(`${name} (missing: apt-get install -y phpunit)`)
  else
    it(name, async () => {
      const folder = await host.run<string>('return base_path();')
      const { status, stdout } = spawnSync('phpunit', ['--do-not-cache-result', 'tests/FakeTest.php'], {
        cwd: folder,
        encoding: 'utf8',
      })
      expect(stdout).toMatch(/OK \(6 tests/)
      expect(status).toBe(0)
    })
})
