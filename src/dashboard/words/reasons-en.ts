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
  logged_out:
    'The session was logged out; link the phone with a new QR. If the phone still lists the device, remove it there.',
  crashed: 'A fault inside the service stopped this session; it goes on by itself. The log has the error.',
  unreadable:
    'Its stored data cannot be read; install the newest version again, restore DATA_DIR from a backup, or delete it and link it again.',
}
