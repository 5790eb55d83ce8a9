<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Client;

use WhatsAppManager\Laravel\Exceptions\WhatsAppException;

/** Carries one request to the manager: over HTTP, or into a test's record. */
interface Transport
{
    /**
     * @param array{
     *     query?: array<string, mixed>,
     *     json?: array<string, mixed>,
     *     headers?: array<string, string>,
     *     repeatable?: bool,
     *     accept?: string,
     *     sink?: string,
     * } $options `repeatable`: asking twice changes nothing more than asking once (GET: always); `sink`: the path of a file that
     *     the body goes into, and `Answer::$body` is empty
     *
     * @throws WhatsAppException for whatever is no 2xx
     */
    public function request(string $method, string $path, array $options = []): Answer;
}
