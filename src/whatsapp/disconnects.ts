import type { Reaction, Reason } from '../../machines/facts.ts'

/** Why Baileys ended a socket: `lastDisconnect.error` taken apart. */
export interface Disconnect {
  code: number
  message: string
  /** Seconds that a temporary ban lasts (attribute `expire` of `<failure reason="402">`). */
  expireSeconds?: number | undefined
}

/** What it means for the session. */
export interface Verdict {
  code: number
  reaction: Reaction
  reason: Reason
  reasonText: string
  /** End of a temporary ban in ms since the epoch. */
  until?: number
}

type Row = readonly [Reaction, Reason, string]

const NETWORK: Row = [
  'backoff',
  'network',
  'The connection to WhatsApp was lost; it is opened again by itself.',
]
const UNKNOWN: Row = [
  'backoffCounted',
  'unknown',
  'WhatsApp ended the connection without a known reason; it is opened again by itself.',
]
const BANNED: Row = [
  'banned',
  'banned',
  'WhatsApp closed this account; open WhatsApp on the phone to see why and to appeal.',
]
const MISMATCH: Row = [
  'suspend',
  'client_mismatch',
  'WhatsApp refuses this client or device; update the service, then restart the session.',
]

/** Codes that only WhatsApp itself can say: in a stream error or a login failure. */
const SAID_BY_WHATSAPP: Record<number, Row> = {
  401: [
    'unlinked',
    'unlinked',
    'The device was unlinked from WhatsApp; start the session and scan a new QR.',
  ],
  402: [
    'suspend',
    'temporarily_banned',
    'WhatsApp banned the account for a time; send less and restart later.',
  ],
  403: BANNED,
  405: [
    'suspend',
    'client_outdated',
    'WhatsApp refuses this client version; set WHATSAPP_VERSION to a current one.',
  ],
  406: BANNED,
  409: MISMATCH,
  411: MISMATCH,
  413: MISMATCH,
  414: MISMATCH,
  415: MISMATCH,
  418: MISMATCH,
  440: [
    'suspend',
    'replaced',
    'The same credentials were opened elsewhere; stop the other service, then restart the session.',
  ],
  503: [
    'backoffLong',
    'overloaded',
    'WhatsApp is overloaded or restarting; the connection is opened again by itself.',
  ],
  515: ['reconnectNow', 'restart_required', 'WhatsApp asked for a new connection.'],
}

/** One number has several sources, so the message's beginning decides first (first match wins). */
const BY_MESSAGE: readonly (readonly [prefix: string, rows: Row | Record<number, Row>])[] = [
  [
    'QR refs attempts ended',
    ['qrExhausted', 'qr_expired', 'Nobody scanned the QR in time; start the session again.'],
  ],
  ['WebSocket Error', NETWORK],
  ['Upgrade Refused', NETWORK],
  ['Connection was lost', NETWORK],
  ['Connection Terminated', NETWORK],
  ['Connection Closed', NETWORK],
  ['Stream Errored', SAID_BY_WHATSAPP],
  ['Connection Failure', SAID_BY_WHATSAPP],
  ['Multi-device beta not joined', SAID_BY_WHATSAPP],
  [
    'Undecryptable Frame',
    [
      'backoff',
      'undecryptable_frame',
      'A frame from WhatsApp could not be decrypted; the connection is opened again.',
    ],
  ],
  [
    'noise ',
    [
      'backoffCounted',
      'certificate_invalid',
      "The server's certificate is not WhatsApp's; check WHATSAPP_URL and WHATSAPP_ROOT_KEY.",
    ],
  ],
  [
    'Handler Failed',
    [
      'backoffCounted',
      'handler_failed',
      'Handling an event failed; the log has the error, the connection is reopened.',
    ],
  ],
  [
    'Store Failed',
    [
      'backoff',
      'store_failed',
      'The store did not take a write; check the disk, the connection is opened again.',
    ],
  ],
]

/** Whatever its source: a timeout of the network or a closed connection. */
const BY_CODE: Record<number, Row> = { 408: NETWORK, 428: NETWORK, 515: SAID_BY_WHATSAPP[515]! }

/** The verdict on a disconnect, by code and source; `now` dates a ban's end. */
export function classify(disconnect: Disconnect, now: number): Verdict {
  const { code, message, expireSeconds } = disconnect
  const rows = BY_MESSAGE.find(([prefix]) => message.startsWith(prefix))?.[1]
  const row = (rows === undefined || isRow(rows) ? rows : rows[code]) ?? BY_CODE[code] ?? UNKNOWN
  const [reaction, reason, reasonText] = row
  const verdict: Verdict = { code, reaction, reason, reasonText }
  if (reason === 'temporarily_banned' && expireSeconds !== undefined && expireSeconds > 0) {
    verdict.until = now + expireSeconds * 1000
  }
  return verdict
}

/** Stored credentials that cannot be read; never replaced by fresh ones silently. */
export const CREDENTIALS_CORRUPT: Verdict = {
  code: 0,
  reaction: 'suspend',
  reason: 'credentials_corrupt',
  reasonText:
    'The stored credentials cannot be read; restore DATA_DIR from a backup, or delete the session and link it again.',
}

function isRow(rows: Row | Record<number, Row>): rows is Row {
  return Array.isArray(rows)
}
