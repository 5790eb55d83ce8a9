<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Client\Concerns;

use SensitiveParameter;

/** How a phone is linked. A QR, a code and what belongs to a passkey are secrets: show them to the owner, log them nowhere. */
trait LinksPhones
{
    /**
     * `GET /sessions/{id}/qr`: its text, for a QR library of your own.
     *
     * @return array{qr: string, expires_at: string}
     */
    public function qr(string $sessionId): array
    {
        return $this->get($this->sessionPath($sessionId, '/qr'), ['format' => 'json']);
    }

    /** `GET /sessions/{id}/qr?format=`, drawn by the manager: `svg`, `png`, or `txt` for a terminal. */
    public function drawnQr(string $sessionId, string $format = 'svg'): string
    {
        return $this->transport->request('GET', $this->sessionPath($sessionId, '/qr'), [
            'query' => ['format' => $format],
            'accept' => '*/*',
        ])->body;
    }

    /**
     * `POST /sessions/{id}/pairing-code`: a code to be typed into the phone of that number.
     *
     * @return array{success: true, code: string, expires_at: string}
     */
    public function requestPairingCode(string $sessionId, #[SensitiveParameter] string $phoneNumber): array
    {
        return $this->post($this->sessionPath($sessionId, '/pairing-code'), ['phone_number' => $phoneNumber]);
    }

    /**
     * `GET /sessions/{id}/pairing-code`: the one that is good now.
     *
     * @return array{success: true, code: string, expires_at: string}
     */
    public function pairingCode(string $sessionId): array
    {
        return $this->get($this->sessionPath($sessionId, '/pairing-code'));
    }

    /**
     * `GET /sessions/{id}/passkey`: what WhatsApp demands before it links.
     *
     * @return array{success: true, state: string, options: ?array<string, mixed>, code: ?string, expires_at: string, page_url: ?string}
     */
    public function passkey(string $sessionId): array
    {
        return $this->get($this->sessionPath($sessionId, '/passkey'));
    }

    /**
     * `POST /sessions/{id}/passkey`: what the owner's browser gave.
     *
     * @param array<string, mixed> $assertion of `navigator.credentials.get`, as JSON has it
     *
     * @return array<string, mixed> as `passkey()`
     */
    public function submitPasskey(string $sessionId, array $assertion): array
    {
        return $this->post($this->sessionPath($sessionId, '/passkey'), ['assertion' => $assertion]);
    }

    /**
     * `POST /sessions/{id}/passkey/confirm`: phone and session show the same code.
     *
     * @return array<string, mixed> as `passkey()`
     */
    public function confirmPasskey(string $sessionId): array
    {
        return $this->post($this->sessionPath($sessionId, '/passkey/confirm'));
    }

    /** `DELETE /sessions/{id}/passkey`: begins again with a new QR. */
    public function cancelPasskey(string $sessionId): void
    {
        $this->transport->request('DELETE', $this->sessionPath($sessionId, '/passkey'));
    }
}
