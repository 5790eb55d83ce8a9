<!doctype html>
<title>{{ $session->session_id }}</title>
<x-whatsapp-qr :session="$session" />
