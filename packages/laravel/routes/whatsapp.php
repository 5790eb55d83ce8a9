<?php

declare(strict_types=1);

use Illuminate\Support\Facades\Route;
use WhatsAppManager\Laravel\Http\Controllers\EventController;
use WhatsAppManager\Laravel\Http\Controllers\LinkController;
use WhatsAppManager\Laravel\Http\Controllers\MessageController;
use WhatsAppManager\Laravel\Http\Controllers\MessageStatusController;
use WhatsAppManager\Laravel\Http\Controllers\QrPageController;
use WhatsAppManager\Laravel\Http\Controllers\SessionStatusController;
use WhatsAppManager\Laravel\Http\Middleware\FromManager;

// What the manager calls: its LARAVEL_URL is this application's address and the prefix. Outside `web` and `api`, because
// a CSRF token or a throttle of 60 a minute is not for the one machine that brings everybody's messages.
Route::prefix(config('whatsapp.prefix'))
    ->middleware(array_merge([FromManager::class], (array) config('whatsapp.middleware')))
    ->name('whatsapp.')
    ->group(function () {
        Route::get('whatsapp/status/{sessionId}', [SessionStatusController::class, 'show'])->name('status.show');
        Route::post('whatsapp/status', [SessionStatusController::class, 'store'])->name('status.store');
        Route::post('qr', [LinkController::class, 'qr'])->name('qr');
        Route::post('pairing-code', [LinkController::class, 'pairingCode'])->name('pairing-code');
        Route::post('messages', MessageController::class)->name('messages');
        Route::post('messages/status', MessageStatusController::class)->name('messages.status');
        Route::post('whatsapp/events', EventController::class)->name('events');
    });

// What <x-whatsapp-qr> asks, for a person in a browser.
Route::prefix(config('whatsapp.prefix'))
    ->middleware((array) config('whatsapp.page_middleware'))
    ->get('sessions/{sessionId}/qr', QrPageController::class)
    ->name('whatsapp.page');
