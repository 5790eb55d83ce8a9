import type { Reason } from '../../../machines/facts.ts'

/** Why a session is where it is, in English: what is so, and what mends it. */
export const reasonsEn: Record<Reason, string> = {
  network: 'The connection to WhatsApp was lost; it is opened again by itself.',
  unknown: 'WhatsApp ended the connection without a known reason; it is opened again by itself.',
  banned: 'WhatsApp closed this account; open WhatsApp on the phone to see why and to appeal.',
  client_mismatch:
    'WhatsApp refuses this client or device; update the service. The session is tried again by itself.',
  unlinked: 'The device was unlinked from WhatsApp; link it with a new QR.',
  replaced:
    'The same credentials were opened elsewhere; stop the other service. The session is tried again by itself.',
  temporarily_banned:
    'WhatsApp banned the account for a time; send less. The session is opened again when the ban ends.',
  client_outdated:
    'WhatsApp refuses this client version; set WHATSAPP_VERSION to a current one and restart the service.',
  overloaded: 'WhatsApp is overloaded or restarting; the connection is opened again by itself.',
  restart_required: 'WhatsApp asked for a new connection.',
  rate_limited:
    'WhatsApp wants this account to do less; send slower. The connection is opened again by itself.',
  unacknowledged: 'WhatsApp waited in vain for an acknowledgement; the connection is opened again.',
  ping_unanswered: 'WhatsApp got no answer to a ping in time; the connection is opened again by itself.',
  stream_corrupt: 'A frame reached WhatsApp damaged; the connection is opened again.',
  stanza_refused: 'WhatsApp could not read what was sent; update the service if it happens often.',
  qr_expired: 'Nobody scanned the QR in time; show a new one.',
  pairing_refused:
    'What the phone answered does not fit this session; scan the new QR, or type the new code.',
  unanswered: 'WhatsApp answered nothing on this connection any more; it is opened again by itself.',
  undecryptable_frame: 'A frame from WhatsApp could not be decrypted; the connection is opened again.',
  handler_failed: 'Handling an event failed; the log has the error, the connection is opened again.',
  store_failed: 'The store did not take a write; check the disk. The connection is opened again.',
  connect_timeout: 'WhatsApp did not answer in time; the connection is tried again.',
  laravel_inactive: 'Laravel says that this session is not active; show a new QR once it is.',
  laravel_unreachable: 'Laravel cannot be reached; check that it runs, and that LARAVEL_URL leads to it.',
  laravel_unknown_host: 'Nobody here knows the host of LARAVEL_URL; check how it is spelled.',
  laravel_timeout:
    'Laravel does not answer in time; check that it runs, and that its routes store, dispatch a job and answer at once.',
  laravel_certificate:
    'The certificate of Laravel is not trusted here; give it one of a known authority, or name your own in NODE_EXTRA_CA_CERTS.',
  laravel_no_tls: 'The port of LARAVEL_URL speaks no TLS; it must begin with http://.',
  laravel_redirect:
    'Laravel redirects; LARAVEL_URL must be the final address, with https:// if it leads there.',
  laravel_unauthorized:
    'Laravel refuses this service (401 or 403); LARAVEL_TOKEN and LARAVEL_WEBHOOK_SECRET must be those that it expects.',
  laravel_wrong_address:
    'Laravel has no such route (404); LARAVEL_URL is the base of the API, which mostly ends in /api, or in /whatsapp with the package.',
  laravel_no_route: 'Laravel has no route for it (404); add it to routes/api.php.',
  laravel_no_row: 'Laravel does not know this session (404); its row must be there before /start is called.',
  laravel_csrf: 'The routes stand in routes/web.php of Laravel (419); move them into routes/api.php.',
  laravel_throttled: 'Laravel throttles this service (429); raise the limit of its throttle, or take it off.',
  laravel_maintenance: 'Laravel is in maintenance or overloaded (503); it goes on by itself when it is back.',
  laravel_server_error: 'Laravel failed (5xx); its log says why, storage/logs/laravel.log.',
  laravel_not_json: 'LARAVEL_URL leads to a page, not to the API: the answer is no JSON.',
  laravel_unknown_word:
    'Laravel answers with an estado_qr that nobody knows; it must be pending, active or inactive.',
  laravel_refused: 'Laravel refuses it (4xx); its log says why, storage/logs/laravel.log.',
  passkey_expired: 'The passkey that WhatsApp demanded did not come in time; link the phone again.',
  passkey_cancelled: 'The passkey was cancelled; link the phone again with the next QR or code.',
  passkey_interrupted:
    'The session began anew before the passkey was there; link the phone with the next QR or code.',
  idle: 'No message for a while; the session wakes on a send, on request or by itself.',
  qr_replaced: 'WhatsApp made the QR void after it was scanned; scan the new one.',
  credentials_corrupt:
    'The stored credentials cannot be read; restore DATA_DIR from a backup, or delete the session and link it again.',
  certificate_invalid:
    "The server's certificate is not WhatsApp's; check WHATSAPP_URL and WHATSAPP_ROOT_KEY. The connection is tried again.",
  pairing_code_refused: 'WhatsApp gave no pairing code; scan the QR, or ask for a code again in an hour.',
  passkey_unreadable:
    'WhatsApp demanded a passkey in a way that is not known here; update the service, then link the phone again.',
  passkey_refused: 'WhatsApp refused the passkey; link the phone again with the next QR or code.',
  passkey_unanswered:
    'WhatsApp did not go on with the passkey; link the phone again with the next QR or code.',
  deleted: 'The session was deleted; nothing of it is kept.',
  logged_out:
    'The session was logged out; link the phone with a new QR. If the phone still lists the device, remove it there.',
  crashed: 'A fault inside the service stopped this session; it goes on by itself. The log has the error.',
  unreadable:
    'Its stored data cannot be read; install the newest version again, restore DATA_DIR from a backup, or delete it and link it again.',
}
