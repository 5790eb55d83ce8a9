<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Facades;

use Illuminate\Support\Facades\Facade;
use WhatsAppManager\Laravel\Testing\WhatsAppFake;

/**
 * @method static \WhatsAppManager\Laravel\Client\Manager manager()
 * @method static \WhatsAppManager\Laravel\Client\SessionClient session(string|\WhatsAppManager\Laravel\Models\Session|null $session = null)
 * @method static \WhatsAppManager\Laravel\Client\Chat to(int|string|object $to)
 * @method static \WhatsAppManager\Laravel\Client\Chat replyTo(\WhatsAppManager\Laravel\Models\Message $message)
 * @method static \WhatsAppManager\Laravel\Client\SentMessage send(string|\WhatsAppManager\Laravel\Models\Session|null $session, int|string|object $to, \WhatsAppManager\Laravel\Notifications\WhatsAppMessage|string $message)
 * @method static \WhatsAppManager\Laravel\Models\Session start(\Illuminate\Database\Eloquent\Model|\Illuminate\Contracts\Auth\Authenticatable|int|string $user, ?string $sessionId = null, ?string $phoneNumber = null, array $metadata = [])
 * @method static \WhatsAppManager\Laravel\Client\ReceivedFile media(\WhatsAppManager\Laravel\Models\Message|array|string $media)
 * @method static void authorizeUsing(callable $rule)
 * @method static \Illuminate\Support\Collection sent(?callable $callback = null)
 * @method static void assertSent(callable|string|null $message = null, ?int $times = null)
 * @method static void assertSentTo(int|string|object $to, callable|string|null $message = null)
 * @method static void assertNotSent(callable|string|null $message = null)
 * @method static void assertNotSentTo(int|string|object $to)
 * @method static void assertNothingSent()
 * @method static void assertSentCount(int $count)
 * @method static void assertStarted(\Illuminate\Database\Eloquent\Model|int|string|null $user = null, ?string $sessionId = null)
 * @method static void assertNothingStarted()
 * @method static void assertRead(string|object $message)
 *
 * @see \WhatsAppManager\Laravel\WhatsApp
 * @see \WhatsAppManager\Laravel\Testing\WhatsAppFake
 */
class WhatsApp extends Facade
{
    /** Nothing goes to the manager from here on; what would have gone can be asserted. */
    public static function fake(): WhatsAppFake
    {
        $fake = WhatsAppFake::create(static::getFacadeApplication());
        static::swap($fake);

        return $fake;
    }

    protected static function getFacadeAccessor(): string
    {
        return 'whatsapp';
    }
}
