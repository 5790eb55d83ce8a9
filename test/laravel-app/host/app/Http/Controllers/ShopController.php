<?php

declare(strict_types=1);

namespace App\Http\Controllers;

use App\Models\User;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\RedirectResponse;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\Auth;
use Illuminate\View\View;
use WhatsAppManager\Laravel\Facades\WhatsApp;
use WhatsAppManager\Laravel\Models\Session;

/** The pages on which the owner of a shop links its number. */
class ShopController
{
    public function login(Request $request, string $id): JsonResponse
    {
        Auth::loginUsingId((int) $id);
        $request->session()->regenerate();

        return response()->json(['id' => Auth::id()]);
    }

    public function link(Request $request, string $sessionId): RedirectResponse
    {
        /** @var User $user */
        $user = $request->user();
        WhatsApp::start($user, $sessionId);

        return redirect('/shops/'.$sessionId);
    }

    public function show(string $sessionId): View
    {
        return view('shop', ['session' => Session::query()->where('session_id', $sessionId)->firstOrFail()]);
    }
}
