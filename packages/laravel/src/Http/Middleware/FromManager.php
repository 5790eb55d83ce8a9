<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\Http\Middleware;

use Closure;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Symfony\Component\HttpFoundation\Response;
use WhatsAppManager\Laravel\Support\Refusal;
use WhatsAppManager\Laravel\Support\Signature;

/**
 * Lets only the manager in. A secret asks for a Standard Webhooks signature, of the question's empty body too, a token for
 * the bearer token; with both set both are asked for, with neither nobody gets in.
 */
class FromManager
{
    public function handle(Request $request, Closure $next): Response
    {
        $problem = $this->problemOf($request);
        if ($problem !== null) {
            return new JsonResponse(['message' => $problem->message, 'reason' => $problem->reason], 401);
        }
        // PHP leaves the raw body of a form empty: a signature of nothing would fit any form.
        if ($request->isMethod('POST') && !$this->isJson($request)) {
            return new JsonResponse(['message' => 'Only application/json is taken here.'], 415);
        }

        return $next($request);
    }

    /** Why this request is not the manager's, in words that name what to compare, or null. */
    private function problemOf(Request $request): ?Refusal
    {
        $token = (string) config('whatsapp.token');
        $secrets = Signature::secretsIn((string) config('whatsapp.secret'));
        if ($token === '' && $secrets === []) {
            return new Refusal(Refusal::UNSET, 'Set WHATSAPP_WEBHOOK_SECRET (the manager\'s LARAVEL_WEBHOOK_SECRET) or'
                . ' WHATSAPP_MANAGER_TOKEN (its LARAVEL_TOKEN) in .env: without one of them nothing is taken.');
        }
        if ($token !== '' && !hash_equals($token, (string) $request->bearerToken())) {
            return new Refusal(
                Refusal::TOKEN,
                'The bearer token is not WHATSAPP_MANAGER_TOKEN: give the manager the same one as LARAVEL_TOKEN.',
            );
        }
        if ($secrets === []) {
            return null;
        }

        return (new Signature($secrets, (int) config('whatsapp.tolerance')))->problemOf(
            (string) $request->headers->get('webhook-id'),
            (string) $request->headers->get('webhook-timestamp'),
            (string) $request->headers->get('webhook-signature'),
            (string) $request->getContent(),
        );
    }

    /** The whole media type: Laravel's own isJson() also takes a form whose boundary says `/json`. */
    private function isJson(Request $request): bool
    {
        $type = explode(';', (string) $request->headers->get('content-type'))[0];

        return strtolower(trim($type)) === 'application/json';
    }
}
