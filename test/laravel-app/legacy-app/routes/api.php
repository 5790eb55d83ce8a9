<?php

declare(strict_types=1);

use Illuminate\Http\Request;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Route;

/*
 * The routes of an application that was written for the gateway before this one: no authentication, throttled as `api` is,
 * incoming messages as multipart.
 */

Route::get('/whatsapp/status/{id}', function (string $id) {
    $account = DB::table('whatsapp_accounts')->where('session_id', $id)->first();
    abort_if($account === null, 404);

    return ['estado_qr' => $account->estado_qr, 'status' => $account->estado_qr === 'active'];
});

Route::get('/whatsapp/account/{id}', function (string $id) {
    $account = DB::table('whatsapp_accounts')->where('session_id', $id)->first();
    abort_if($account === null, 404);

    return [
        'id' => $account->id,
        'user_id' => $account->user_id,
        'webhook_token' => $account->webhook_token,
        'status' => $account->estado_qr === 'active',
    ];
});

Route::post('/qr', function (Request $request) {
    $told = $request->validate(['session_id' => 'required|string', 'qr' => 'required|string']);
    DB::table('whatsapp_accounts')->where('session_id', $told['session_id'])->update(['qr' => $told['qr']]);

    return ['success' => true];
});

Route::post('/whatsapp/status', function (Request $request) {
    $told = $request->validate([
        'session_id' => 'required|string',
        'estado_qr' => 'required|in:pending,connecting,active,inactive',
        'session_data' => 'array',
    ]);
    $known = DB::table('whatsapp_accounts')->where('session_id', $told['session_id'])
        ->update(['estado_qr' => $told['estado_qr']]);

    return $known === 0 ? ['success' => true, 'skipped' => true] : ['success' => true];
});

Route::post('/whatsapp-webhook/{token}', function (Request $request, string $token) {
    $account = DB::table('whatsapp_accounts')->where('webhook_token', $token)->first();
    abort_if($account === null, 404);
    $told = $request->validate([
        'from' => 'required|regex:/^\d+$/',
        'text' => 'required|string',
        'type' => 'required|string',
        'wamId' => 'required|string',
        'timestamp' => 'required|integer',
        'pushName' => 'nullable|string',
        'audio' => 'nullable|file',
    ]);
    $audio = $request->file('audio');
    DB::table('incoming')->updateOrInsert(['wam_id' => $told['wamId']], [
        'account_id' => $account->id,
        'from' => $told['from'],
        'text' => $told['text'],
        'type' => $told['type'],
        'timestamp' => $told['timestamp'],
        'push_name' => $told['pushName'] ?? null,
        'audio_name' => $audio?->getClientOriginalName(),
        'audio_hash' => $audio === null ? null : hash_file('sha256', $audio->getRealPath()),
    ]);

    return ['success' => true];
});
