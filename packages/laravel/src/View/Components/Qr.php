<?php

declare(strict_types=1);

namespace WhatsAppManager\Laravel\View\Components;

use Illuminate\Contracts\View\View;
use Illuminate\View\Component;
use WhatsAppManager\Laravel\Models\Session;

/**
 * `<x-whatsapp-qr :session="$session" />`: the QR to scan, or the code to type, until the phone is linked. The page
 * fires `whatsapp:linked` on its element. `nonce` is for a Content-Security-Policy, which must allow `img-src data:`.
 */
class Qr extends Component
{
    public string $url;

    public function __construct(Session|string $session, public int $interval = 2000, public ?string $nonce = null)
    {
        $id = $session instanceof Session ? $session->session_id : $session;
        $this->url = route('whatsapp.page', ['sessionId' => $id], false);
    }

    public function render(): View
    {
        return view('whatsapp::qr');
    }
}
