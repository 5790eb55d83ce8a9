<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Sending;

use Illuminate\Contracts\Cache\Repository;
use Illuminate\Support\Str;
use WhatsAppManager\Laravel\Exceptions\WhatsAppException;
use WhatsAppManager\Laravel\Notifications\WhatsAppMessage;

/**
 * The Idempotency-Key of each send: the same for what is meant to be one message, another for what is meant to be two.
 *
 * - `once('name')`: that name, for whoever uses it.
 * - `about($model)`: content and model.
 * - in a queued job: the job and the content, counted, so that the job's next attempt sends nothing twice, and a job that sends a
 *   text twice sends two.
 * - else a new one: nothing tells a repetition from a second wish there. A text that is doubled is seen and forgiven; one that is
 *   taken for a repetition vanishes, and nobody learns of it. It still makes the client's own retries safe.
 *
 * The manager keeps what became of a key for 72 h, failures too. What failed for good never went out, so that a repetition, such as
 * `queue:retry` after a mend, is tried under the next key.
 */
final class SendKeys
{
    /** Seconds that the manager knows a key. */
    public const LIFETIME = 72 * 60 * 60;

    /** With the MEDIA_ ones: the manager stores them as the end of a message, or stores nothing at all. */
    private const FINAL = ['WHATSAPP_REJECTED', 'NOT_ON_WHATSAPP', 'NOT_GROUP_ADMIN', 'SEND_FAILED', 'SESSION_LOGGED_OUT', 'NEW_CHATS_PAUSED'];

    public function __construct(
        private readonly JobInProgress $job,
        private readonly Repository $cache,
    ) {
    }

    /** @param array<string, mixed> $content all that is sent, to whom and from where, without what differs at each attempt */
    public function keyFor(WhatsAppMessage $message, string $sessionId, array $content): SendKey
    {
        $hash = hash('sha256', $sessionId . "\n" . json_encode($content, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE));
        [$once, $model, $job] = [$message->onceKey(), $message->aboutModel(), $this->job->id()];
        $base = match (true) {
            $once !== null => self::printable($once),
            $model !== null => 'about-' . hash('sha256', "{$model->getMorphClass()}\n{$model->getKey()}\n{$hash}"),
            $job !== null => 'job-' . hash('sha256', "{$job}\n{$hash}\n{$this->job->count($hash)}"),
            default => null,
        };
        if ($base === null) {
            return new SendKey('send-' . Str::uuid(), isNamed: false);
        }

        return new SendKey($base, isNamed: true, failures: (int) $this->cache->get(self::failuresOf($sessionId, $base), 0));
    }

    /** The key for trying a refused message anew, or null if its refusal is not the end of it. */
    public function afterFailure(string $sessionId, SendKey $key, WhatsAppException $failure): ?SendKey
    {
        $isFinal = $failure->status() < 500
            && ($failure->is(...self::FINAL) || str_starts_with($failure->errorCode(), 'MEDIA_'));
        if (!$isFinal) {
            return null;
        }
        if ($key->isNamed) {
            $this->cache->put(self::failuresOf($sessionId, $key->base), $key->failures + 1, self::LIFETIME);
        }

        return new SendKey($key->base, $key->isNamed, $key->failures + 1);
    }

    private static function failuresOf(string $sessionId, string $base): string
    {
        return 'whatsapp:failed-sends:' . hash('sha256', "{$sessionId}\n{$base}");
    }

    /** The manager takes 1 to 255 printable characters without spaces. */
    private static function printable(string $key): string
    {
        return preg_match('/^[\x21-\x7e]{1,200}$/D', $key) === 1 ? $key : 'once-' . hash('sha256', $key);
    }
}
