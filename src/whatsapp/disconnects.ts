import type { Reaction, Reason } from '../../machines/facts.ts'

/** Why Baileys ended a socket: `lastDisconnect.error` taken apart. */
export interface Disconnect {
  code: number
  message: string
  /** Seconds that a temporary ban lasts (attribute `expire` of `<failure reason="402">`). */
  expireSeconds?: number | undefined
  /** The type of the `<conflict>` in a stream error. */
  conflict?: string | undefined
  /** The stanza that WhatsApp says was not acknowledged (`<stream:error><ack class id/>`). */
  unacked?: { class: string; id: string } | undefined
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
  'WhatsApp refuses this client or device; update the service. The session is tried again by itself.',
]

const UNLINKED: Row = [
  'unlinked',
  'unlinked',
  'The device was unlinked from WhatsApp; start the session and scan a new QR.',
]
const REPLACED: Row = [
  'suspend',
  'replaced',
  'The same credentials were opened elsewhere; stop the other service. The session is tried again by itself, or at once by /start.',
]

/** Codes that only WhatsApp itself can say: in a stream error or a login failure. */
const SAID_BY_WHATSAPP: Record<number, Row> = {
  401: UNLINKED,
  402: [
    'suspend',
    'temporarily_banned',
    'WhatsApp banned the account for a time; send less. The session is opened again when the ban ends.',
  ],
  403: BANNED,
  405: [
    'versionRefused',
    'client_outdated',
    'WhatsApp refuses this client version; set WHATSAPP_VERSION to a current one and restart the service.',
  ],
  406: BANNED,
  409: MISMATCH,
  411: MISMATCH,
  413: MISMATCH,
  414: MISMATCH,
  415: MISMATCH,
  418: MISMATCH,
  440: REPLACED,
  503: [
    'backoffLong',
    'overloaded',
    'WhatsApp is overloaded or restarting; the connection is opened again by itself.',
  ],
  515: ['reconnectNow', 'restart_required', 'WhatsApp asked for a new connection.'],
}

/** In a stream error some numbers mean something of their own (`handle_stream_error` of whatsapp-rust). */
const IN_STREAM_ERROR: Record<number, Row> = {
  ...SAID_BY_WHATSAPP,
  409: REPLACED,
  429: [
    'backoffLong',
    'rate_limited',
    'WhatsApp wants this account to do less; send slower, the connection is opened again by itself.',
  ],
  516: UNLINKED,
}

/** Stream errors without a code: their only child says what they are. Baileys gives all of them 500. */
const WITHOUT_CODE: Record<string, Row> = {
  ack: [
    'reconnectNow',
    'unacknowledged',
    'WhatsApp waited in vain for an acknowledgement; the connection is opened again and it sends the stanza again.',
  ],
  ping: [
    'backoff',
    'ping_unanswered',
    'WhatsApp got no answer to a ping in time; the connection is opened again by itself.',
  ],
  'bad-mac': [
    'backoff',
    'stream_corrupt',
    'A frame reached WhatsApp damaged; the connection is opened again under new keys of the stream.',
  ],
  'xml-not-well-formed': [
    'backoffCounted',
    'stanza_refused',
    'WhatsApp could not read a stanza of ours; the connection is opened again, update the service if it happens often.',
  ],
}
/** What Baileys says where no code was given. */
const NO_CODE = 500

/** One number has several sources, so the message's beginning decides first (first match wins). */
const BY_MESSAGE: readonly (readonly [prefix: string, rows: Row | Record<number, Row>])[] = [
  [
    'QR refs attempts ended',
    ['qrExhausted', 'qr_expired', 'Nobody scanned the QR in time; start the session again.'],
  ],
  [
    'Pairing Refused',
    [
      'reconnectNow',
      'pairing_refused',
      'What the phone answered does not fit this session; scan the new QR, or type the new code.',
    ],
  ],
  ['WebSocket Error', NETWORK],
  ['Upgrade Refused', NETWORK],
  ['Connection was lost', NETWORK],
  [
    'Queries Unanswered',
    [
      'backoff',
      'unanswered',
      'WhatsApp answered nothing on this connection any more; it is opened again by itself.',
    ],
  ],
  [
    'Send Unacknowledged',
    [
      'backoff',
      'unanswered',
      'WhatsApp did not acknowledge what was sent on this connection; it is opened again by itself and sends it again.',
    ],
  ],
  ['Connection Terminated', NETWORK],
  ['Connection Closed', NETWORK],
  ['Stream Errored', IN_STREAM_ERROR],
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
  const { message, expireSeconds } = disconnect
  const code = disconnect.conflict === 'device_removed' ? 401 : disconnect.code
  const rows = BY_MESSAGE.find(([prefix]) => message.startsWith(prefix))?.[1]
  const listed = rows === undefined || isRow(rows) ? rows : rows[code]
  const row = listed ?? (code === NO_CODE ? withoutCode(message) : BY_CODE[code]) ?? UNKNOWN
  const [reaction, reason, reasonText] = row
  const verdict: Verdict = { code, reaction, reason, reasonText }
  if (reason === 'temporarily_banned' && expireSeconds !== undefined && expireSeconds > 0) {
    verdict.until = now + expireSeconds * 1000
  }
  return verdict
}

function withoutCode(message: string): Row | undefined {
  return WITHOUT_CODE[/^Stream Errored \((.+)\)$/.exec(message)?.[1] ?? '']
}

/** Stored credentials that cannot be read; never replaced by fresh ones silently. */
export const CREDENTIALS_CORRUPT: Verdict = {
  code: 0,
  reaction: 'suspend',
  reason: 'credentials_corrupt',
  reasonText:
    'The stored credentials cannot be read; restore DATA_DIR from a backup, or delete the session and link it again. They are read again from time to time.',
}

function isRow(rows: Row | Record<number, Row>): rows is Row {
  return Array.isArray(rows)
}
