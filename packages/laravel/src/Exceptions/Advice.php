<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Exceptions;

/** What mends each code: one or two sentences for whoever reads the log. */
final class Advice
{
    private const FOR_CODE = [
        // There was no answer of the manager's.
        'MANAGER_UNREACHABLE' => 'Start the manager, or set WHATSAPP_MANAGER_URL to where it listens; `php artisan whatsapp:check` looks at both directions.',
        'CERTIFICATE_REFUSED' => 'Give its proxy a certificate that this machine trusts, or add its authority to php.ini (curl.cainfo).',
        'NOT_THE_MANAGER' => 'Set WHATSAPP_MANAGER_URL to the manager itself: something else answers there.',
        'REDIRECTED' => 'Set WHATSAPP_MANAGER_URL to the address that it leads to: a redirect is never followed.',
        // The key.
        'UNAUTHENTICATED' => 'Set WHATSAPP_MANAGER_KEY to one of the manager\'s API_KEYS, then `php artisan config:clear`.',
        'READ_ONLY' => 'Set WHATSAPP_MANAGER_KEY to a key without ":read".',
        'ORIGIN_FORBIDDEN' => 'Set API_KEYS on the manager and WHATSAPP_MANAGER_KEY here, or ask it at 127.0.0.1.',
        // The request.
        'MALFORMED_JSON' => 'Texts must be UTF-8: convert them with mb_convert_encoding() first.',
        'BAD_REQUEST' => 'Look at the manager\'s log under the X-Request-Id of the answer.',
        'VALIDATION_FAILED' => 'errors() says which field, and what is right.',
        'METHOD_NOT_ALLOWED' => 'Bring package and manager to versions that belong together.',
        'UNSUPPORTED_MEDIA_TYPE' => 'Something between here and the manager changes Content-Type: ask it directly.',
        'PAYLOAD_TOO_LARGE' => 'Give large files as MediaFile::fromUrl(), or from a disk that makes temporary URLs.',
        'IDEMPOTENCY_MISMATCH' => 'The key given to once() was used for another message within 72 h: name each message, or use again().',
        'IDEMPOTENCY_IN_FLIGHT' => 'The same message is being sent by another process: ask again in a moment, its answer comes then.',
        // What is not there.
        'NOT_FOUND' => 'A file may not be here yet, or not any more; a path means that package and manager do not belong together.',
        'SESSION_NOT_FOUND' => 'Start it first: WhatsApp::start($user, \'its id\').',
        'MESSAGE_NOT_FOUND' => 'Use a message_id of this session; what MESSAGES_KEEP_DAYS removed is gone.',
        'EVENT_NOT_FOUND' => 'Use a seq that GET /sessions/{id}/events lists.',
        'MESSAGES_REMOVED' => 'Replay from after the seq that the sentence names.',
        'DELIVERY_NOT_FOUND' => 'What was delivered is gone: list deliveries() anew.',
        'QR_NOT_AVAILABLE' => 'Ask again in a second; after a minute without a scan, start the session again.',
        'PAIRING_CODE_NOT_AVAILABLE' => 'Ask again in a second, or request one with the phone\'s number.',
        'PASSKEY_NOT_ASKED' => 'Nothing to do: WhatsApp asks for no passkey now.',
        // The session.
        'SESSION_NOT_CONNECTED' => 'Look why with `php artisan whatsapp:sessions`, and link it with `php artisan whatsapp:link`; a reconnecting one takes sends by itself.',
        'SESSION_LOGGED_OUT' => 'Link the session again (`php artisan whatsapp:link`), then send the message anew.',
        'SESSION_UNREADABLE' => 'Its row cannot be read: start the manager\'s newer version or bring back a backup, or delete the session.',
        'STATE_FORBIDS' => 'Look at the session\'s state first: what was asked is not possible in it.',
        'CONFLICT' => 'Another user owns a session of that id: choose another id.',
        'DELETING' => 'Wait until it is deleted, then start it anew.',
        // WhatsApp.
        'WHATSAPP_REJECTED' => 'WhatsApp refused it with the code in the sentence: change the message or its recipient.',
        'NOT_ON_WHATSAPP' => 'Check the number, country code included; number() tells whether it is on WhatsApp.',
        'NOT_GROUP_ADMIN' => 'Make the account an admin of the group, or delete only its own messages.',
        'SEND_FAILED' => 'It was given up, mostly because the session was away too long (SEND_MAX_AGE_MS): send it anew.',
        'NEW_CHATS_PAUSED' => 'WhatsApp lets this account write to nobody new: wait retryAfter() seconds; answers to known chats go on.',
        'TOO_MANY_REQUESTS' => 'Wait retryAfter() seconds.',
        'WHATSAPP_UNANSWERED' => 'WhatsApp did not say: ask again later.',
        // Files.
        'MEDIA_TOO_LARGE' => 'Send a smaller file.',
        'MEDIA_TYPE_UNSUPPORTED' => 'Send it as a document, or convert it first.',
        'MEDIA_URL_FORBIDDEN' => 'The manager fetches from the internet only: use MediaFile::fromStorage(), which uploads what it cannot reach, or MEDIA_ALLOW_PRIVATE=true in development.',
        'MEDIA_UNREACHABLE' => 'Open the URL from the manager\'s machine: it must answer 200 without a login.',
        'MEDIA_GONE' => 'WhatsApp and the phone do not have the file any more.',
        'MEDIA_CORRUPT' => 'Ask for the file once more.',
        'MEDIA_STORE_FAILED' => 'Look at the manager\'s disk: space and permissions of DATA_DIR.',
        // The manager.
        'INTERNAL' => 'The manager\'s log has it under the request\'s id.',
        'LARAVEL_UNREACHABLE' => 'Run `php artisan whatsapp:check`: the manager cannot reach this application.',
        'SHUTTING_DOWN' => 'Nothing to do: it is being restarted; a job that is tried again goes through.',
        'NOT_READY' => 'The sentence says what is wrong; the manager goes on by itself once that is mended.',
        'STORE_FAILED' => 'Look at the manager\'s disk: space and permissions of DATA_DIR.',
        'SEQ_CONFLICT' => 'Another process writes to the manager\'s DATA_DIR: stop it.',
        'EPOCH_CONFLICT' => 'Another process writes to the manager\'s DATA_DIR: stop it.',
        'DATA_DIR_IN_USE' => 'Another manager runs on the same DATA_DIR: stop it.',
        'BAD_CONFIG' => 'The sentence names the variable of the manager\'s .env.',
    ];

    /** `$status`: what is said of a code that this version does not know. */
    public static function for(string $code, int $status): string
    {
        return self::FOR_CODE[$code] ?? match (true) {
            $status === 401, $status === 403 => self::FOR_CODE['UNAUTHENTICATED'],
            $status === 404 => self::FOR_CODE['NOT_THE_MANAGER'],
            $status === 429 => self::FOR_CODE['TOO_MANY_REQUESTS'],
            $status >= 500 => 'Look at the manager\'s log, and at that of the proxy before it.',
            default => 'Run `php artisan whatsapp:check`.',
        };
    }
}
