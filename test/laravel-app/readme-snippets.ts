/** What a PHP block of the package's README needs around it to run. */
export interface Snippet {
  /** Words of the block, by which it is found. */
  of: string
  before?: string
  after?: string
  /** What Ana has got then. */
  inbox?: string[]
}

/** `$message` is a text of Ana's, `$chatId` where it came from, `$user` and `$owner` users of the application. */
const GIVEN = `
  use WhatsAppManager\\Laravel\\Facades\\WhatsApp;
  $user = $owner = App\\Models\\User::find(1);
  $message = WhatsAppManager\\Laravel\\Models\\Message::where('type', 'text')->first();
  $messages = [$message];
  $chatId = $message->chat_id;
  $chat = WhatsApp::to($message);`

const WITHOUT_FACADE = GIVEN.replace(/use .*;/, '').replaceAll('WhatsApp::', '\\WhatsApp::')

/** PHPUnit is what an application has for its tests, and Debian's Laravel has not: the assertions that the fake makes. */
const PHPUNIT = `
  if (!class_exists('PHPUnit\\Framework\\Assert')) {
    eval('namespace PHPUnit\\Framework; class Assert {
      static function assertTrue($is, $why) { if ($is !== true) { throw new \\Exception($why); } }
      static function assertSame($wanted, $is, $why) { self::assertTrue($wanted === $is, $why); }
      static function assertCount($count, $of, $why) { self::assertTrue(count($of) === $count, $why); }
    }');
  }`

/** In the order of the README. */
export const SNIPPETS: Snippet[] = [
  {
    of: 'Event::listen(function (MessageReceived $event)',
    before: WITHOUT_FACADE,
    after: `
      $message->body = 'hours?';
      event(new MessageReceived($message));
      return true;`,
    inbox: ['Monday to Friday, nine to five'],
  },
  {
    of: "to('34600000002')->text('On our way')",
    before: GIVEN,
    after: 'return true;',
    inbox: ['On our way'],
  },
  {
    of: 'class Shipped extends Notification',
    before: `
      use Illuminate\\Bus\\Queueable;
      use Illuminate\\Contracts\\Queue\\ShouldQueue;
      use Illuminate\\Notifications\\Notification;`,
    after: `
      App\\Models\\User::find(1)->notifyNow(new Shipped());
      Illuminate\\Support\\Facades\\Notification::route('whatsapp', '34600000002')->notifyNow(new Shipped());
      return true;`,
    inbox: ['Your order is on its way'],
  },
  {
    of: 'public function routeNotificationForWhatsApp()',
    before: 'class Customer extends App\\Models\\User {',
    after:
      "} return (new Customer(['phone' => '34600000002']))->routeNotificationForWhatsApp() === '34600000002';",
  },
  {
    of: 'WhatsApp::start($request->user())',
    before: `${GIVEN} $request = request(); $request->setUserResolver(fn () => $user);`,
    after: "return WhatsApp::session($session)->delete() || $session->estado_qr === 'pending';",
  },
  {
    of: 'latestOfEachChat',
    before: GIVEN,
    after: 'return Message::query()->unread()->count() === 0;',
  },
  {
    of: '$chat->poll(',
    before: `
      ${GIVEN}
      use WhatsAppManager\\Laravel\\Notifications\\MediaFile;`,
    after: 'return true;',
    inbox: ['A cat'],
  },
  {
    of: 'catch (SessionNotConnected $e)',
    before: `
      ${GIVEN}
      class PleaseLinkYourPhone extends Illuminate\\Notifications\\Notification {
        public function via($notifiable) { return []; }
      }
      $chat = WhatsApp::session('nobody')->to('34600000002');`,
    after: "return isset($e) && $e->errorCode() === 'SESSION_NOT_FOUND';",
  },
  {
    of: '$session->get(); $session->isOpen();',
    before: `
      ${GIVEN}
      ${PHPUNIT}
      WhatsApp::fake();
      Illuminate\\Support\\Facades\\Storage::fake('s3');
      $sent = $chat->text('one');
      $message->media = ['id' => hash('sha256', 'file')];
      WhatsApp::getFacadeRoot()->answerWith('GET', '/media/'.$message->media['id'], 'file');`,
    after: 'WhatsApp::assertStarted($user); return true;',
  },
  {
    of: 'Session::query()->of($user)->active()',
    before: GIVEN,
    after:
      "return $session->session_id === 'shop' && $session->user->is($user) && count($session->messages) > 0;",
  },
  {
    of: 'WhatsApp::fake();\n\n$this->post',
    before: `
      ${GIVEN}
      ${PHPUNIT}
      return (new class ($user) {
        public function __construct(private $user) {}
        public function post(string $path): void {
          WhatsApp::start($this->user);
          WhatsApp::session('shop')->to('34600000002')->text('On our way');
          WhatsApp::session('shop')->to('34600000002')->image('https://shop.test/cat.jpg', 'A cat');
        }
        public function run(): bool {
          $user = $this->user;`,
    after: 'return true; } })->run();',
  },
  {
    of: 'event(new MessageReceived(Message::make',
    before: `
      ${WITHOUT_FACADE}
      ${PHPUNIT}
      \\WhatsApp::fake();
      \\Illuminate\\Support\\Facades\\Event::listen(function (\\WhatsAppManager\\Laravel\\Events\\MessageReceived $event) {
        \\WhatsApp::replyTo($event->message)->text('Monday to Friday, nine to five');
      });`,
    after: 'return true;',
  },
  {
    of: "$schedule->command('model:prune'",
    before: '$schedule = app(Illuminate\\Console\\Scheduling\\Schedule::class);',
    after: 'return count($schedule->events()) === 1;',
  },
]
