<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel;

use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Container\Container;
use Illuminate\Database\Eloquent\Model;
use InvalidArgumentException;
use SensitiveParameter;
use WhatsAppManager\Laravel\Client\Chat;
use WhatsAppManager\Laravel\Client\Manager;
use WhatsAppManager\Laravel\Client\ReceivedFile;
use WhatsAppManager\Laravel\Client\SentMessage;
use WhatsAppManager\Laravel\Client\SessionClient;
use WhatsAppManager\Laravel\Models\Message;
use WhatsAppManager\Laravel\Models\Session;
use WhatsAppManager\Laravel\Notifications\WhatsAppMessage;
use WhatsAppManager\Laravel\Sending\Sender;
use WhatsAppManager\Laravel\Sending\StartSession;
use WhatsAppManager\Laravel\Support\Authorization;

/** What the facade `WhatsApp` gives: sessions, sends, files, and the manager's whole API. */
class WhatsApp
{
    public function __construct(
        private readonly Manager $manager,
        private readonly Sender $sender,
        private readonly Container $container,
    ) {
    }

    /** The manager's API, one method for each route. */
    public function manager(): Manager
    {
        return $this->manager;
    }

    /** A session by its id or its row; null: `config('whatsapp.session')`. */
    public function session(string|Session|null $session = null): SessionClient
    {
        $id = $session instanceof Session ? $session->session_id : $session ?? config('whatsapp.session');
        if (!is_string($id) || $id === '') {
            throw new InvalidArgumentException('Name the session that sends, or set WHATSAPP_SESSION to the one that is meant if none is named.');
        }

        return new SessionClient($this->manager, $this->sender, $id);
    }

    /** A chat of the default session, or of the session that received a message. */
    public function to(#[SensitiveParameter] int|string|object $to): Chat
    {
        return $this->session($to instanceof Message ? $to->session_id : null)->to($to);
    }

    /** The chat of a received message, which is quoted. */
    public function replyTo(Message $message): Chat
    {
        return $this->to($message)->replyTo($message);
    }

    public function send(
        string|Session|null $session,
        #[SensitiveParameter] int|string|object $to,
        #[SensitiveParameter] WhatsAppMessage|string $message,
    ): SentMessage {
        return $this->session($session)->to($to)->send($message);
    }

    /**
     * Asks for a session of a user: its row is stored first (`pending`), because the manager asks this application whether it is
     * wanted. Then a QR comes, or with the phone's number a pairing code. A session that is there is woken, or tried again.
     *
     * @param Model|Authenticatable|int|string $user whose it is, or that user's key
     * @param string|null $sessionId 1 to 64 letters, digits, _ or -; null: a new UUID
     * @param array<string, mixed> $metadata comes back with every delivery of the session: up to 1 KB of JSON
     */
    public function start(
        Model|Authenticatable|int|string $user,
        ?string $sessionId = null,
        #[SensitiveParameter] ?string $phoneNumber = null,
        array $metadata = [],
    ): Session {
        return (new StartSession($this->manager))->start($user, $sessionId, $phoneNumber, $metadata);
    }

    /** The file of a received message, given as the message, its `media` or the file's id. */
    public function media(Message|array|string $media): ReceivedFile
    {
        $media = $media instanceof Message ? $media->media : $media;
        $media = is_string($media) ? ['id' => $media] : $media;
        if (!isset($media['id'])) {
            throw new InvalidArgumentException('This message has no file.');
        }

        return new ReceivedFile($this->manager, $media);
    }

    /** @param callable(?Authenticatable, Session): bool $rule who may see a session's QR; else its owner alone */
    public function authorizeUsing(callable $rule): void
    {
        $this->container->make(Authorization::class)->using($rule);
    }
}
