<?php

return [
    // Where the manager listens, and one of its API_KEYS (null: it has none, which it allows on loopback only).
    'url' => env('WHATSAPP_MANAGER_URL', 'http://127.0.0.1:3000'),
    'key' => env('WHATSAPP_MANAGER_KEY'),

    // Seconds that an answer of the manager may take.
    'timeout' => 10,

    // The session that is meant where none is named: WhatsApp::to('34600000002')->text('…').
    'session' => env('WHATSAPP_SESSION'),

    // How files of disks go to the manager: `auto` by a temporary URL if the disk makes one on the internet, else in the request (up to
    // 16 MB); `url` by any temporary URL (a manager with MEDIA_ALLOW_PRIVATE, or in the same network); `upload` always in the request.
    'media' => env('WHATSAPP_MEDIA', 'auto'),

    // Whether what is sent stands in whatsapp_messages, too, so that a chat has both sides, each send with its status.
    'keep_sends' => env('WHATSAPP_KEEP_SENDS', false),

    // What proves that a delivery comes from the manager: one of them at least, and each that is set is asked for.
    // `secret` is its LARAVEL_WEBHOOK_SECRET (two, comma-separated, while rotating), `token` its LARAVEL_TOKEN.
    'secret' => env('WHATSAPP_WEBHOOK_SECRET'),
    'token' => env('WHATSAPP_MANAGER_TOKEN'),

    // Seconds that a delivery's signature may be old, or ahead of this machine's clock.
    'tolerance' => 300,

    // The manager's LARAVEL_URL is this application's address and this prefix: https://app.test/whatsapp
    'prefix' => env('WHATSAPP_ROUTE_PREFIX', 'whatsapp'),

    // Further middleware of the manager's routes, behind the check of who calls: the place to choose a tenant's database.
    'middleware' => [],

    // Middleware of the page's route that <x-whatsapp-qr> asks; who may see which QR is WhatsApp::authorizeUsing's.
    'page_middleware' => ['web', 'auth'],

    // Whose sessions they are. Their key goes to the manager as `user_id` and comes back with every delivery.
    'user_model' => 'App\\Models\\User',

    // Where the job of each received message is queued; null: the application's default.
    'connection' => env('WHATSAPP_QUEUE_CONNECTION'),
    'queue' => env('WHATSAPP_QUEUE'),
];
