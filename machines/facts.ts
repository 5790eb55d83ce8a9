/**
 * The vocabulary: every fact that can happen to a session, in the past tense, with its fields.
 * Times are milliseconds since the epoch; `at` is stamped by the actor host, once, when the fact is applied.
 */

/** What Laravel is told about a session. */
export const ESTADOS_QR = ['pending', 'active', 'inactive'] as const
export type EstadoQr = (typeof ESTADOS_QR)[number]

/** What a closed socket means for the session; `disconnects.ts` is the only place that decides it. */
export type Reaction =
  | 'reconnectNow' // 515: not an attempt
  | 'backoff' // the network: 1 s to 5 min, full jitter
  | 'backoffLong' // overload: the same, from 5 s
  | 'backoffCounted' // unknown codes: backoff; five in a row while logging in suspend
  | 'qrExhausted' // nobody scanned
  | 'suspend' // cannot go on as it is: tried again at `until`, or after 15 min, 30 min, then hourly; credentials are kept
  | 'versionRefused' // the same, and no session of this process can log in until WhatsApp takes its version
  | 'unlinked' // WhatsApp removed this device
  | 'banned' // WhatsApp closed the account

/** What can be wrong with what Laravel answers; each has its own mend. */
export const LARAVEL_CAUSES = [
  'unreachable', // nobody listens there, or the network does not lead there
  'unknown_host',
  'timeout',
  'certificate',
  'no_tls', // https:// for a port that speaks http
  'redirect',
  'unauthorized', // 401, 403
  'wrong_address', // Laravel itself says that it has no such route, or a web server shows its own 404
  'no_route', // 404, 405, 410 where a route is expected
  'no_row', // 404 of a handler: it does not know the session
  'csrf', // 419: the route stands in routes/web.php
  'throttled', // 429
  'maintenance', // 503
  'server_error', // other 5xx
  'not_json', // a web page, or nothing that can be read
  'unknown_word', // JSON without an estado_qr that is known
  'refused', // other 4xx
] as const
export type LaravelCause = (typeof LARAVEL_CAUSES)[number]

/** Why a session is where it is: a code for programs; `reasonText` is the sentence for people. Every language of the dashboard has words for each. */
export const REASONS = [
  // What WhatsApp says, or does not say.
  'network',
  'unknown',
  'banned',
  'temporarily_banned',
  'client_mismatch',
  'client_outdated',
  'unlinked',
  'replaced',
  'overloaded',
  'restart_required',
  'rate_limited',
  'unacknowledged',
  'unanswered',
  'ping_unanswered',
  'stream_corrupt',
  'stanza_refused',
  'undecryptable_frame',
  'certificate_invalid',
  'connect_timeout',
  // A phone is to be linked.
  'qr_expired',
  'qr_replaced',
  'pairing_refused',
  'pairing_code_refused',
  'passkey_expired',
  'passkey_cancelled',
  'passkey_interrupted',
  'passkey_unreadable',
  'passkey_refused',
  'passkey_unanswered',
  // Asked for, by Laravel or its users.
  'laravel_inactive',
  'laravel_unreachable',
  'laravel_unknown_host',
  'laravel_timeout',
  'laravel_certificate',
  'laravel_no_tls',
  'laravel_redirect',
  'laravel_unauthorized',
  'laravel_wrong_address',
  'laravel_no_route',
  'laravel_no_row',
  'laravel_csrf',
  'laravel_throttled',
  'laravel_maintenance',
  'laravel_server_error',
  'laravel_not_json',
  'laravel_unknown_word',
  'laravel_refused',
  'deleted',
  'logged_out',
  'idle',
  // In here.
  'handler_failed',
  'store_failed',
  'crashed',
  'credentials_corrupt',
  'unreadable',
] as const
export type Reason = (typeof REASONS)[number]

export type SessionFact =
  /** Somebody asked for this session for the first time; always seq 1. */
  | { type: 'session.created'; sessionId: string; userId: string | number; phoneNumber?: string }
  /** The process restarted and this session was restored from its newest row; `sendsWait`: something is to be sent. */
  | { type: 'session.resumed'; sendsWait?: true }
  /** A callback or a transition of this session threw; `error` is one sentence without data. */
  | { type: 'session.crashed'; error: string }
  /** The reaper found no message in or out for IDLE_AFTER_MS. */
  | { type: 'session.idled'; policy: 'keep' | 'hibernate' | 'delete' }
  /** Laravel called /start for a session that exists; with `phoneNumber` (digits) it wants a pairing code in place of a QR. */
  | { type: 'start.requested'; phoneNumber?: string }
  /** Somebody asked for a new socket under the same credentials. */
  | { type: 'restart.requested' }
  /** Somebody asked to unlink the device; owed until WhatsApp confirmed it. */
  | { type: 'logout.requested' }
  /** Somebody asked to unlink the device and to forget the session. */
  | { type: 'delete.requested' }
  /** A send was accepted and no socket can take it now: what sleeps wakes for it. */
  | { type: 'wake.requested' }
  /** The supervisor restarted this session too often; `error` is the last crash. */
  | { type: 'crashes.exceeded'; error: string }
  /** Too many sockets are opening at once; this one waits for its turn. */
  | { type: 'connect.queued' }
  /** The turn of a queued socket came. */
  | { type: 'connect.begun' }
  /** WhatsApp accepted the login and the session can send and receive. */
  | { type: 'socket.opened'; waId: string; lid: string | null; pushName: string | null }
  /**
   * WhatsApp offers a QR, or the pairing code that was asked for; only a name of it is known here, the text lives in the vault until
   * `expiresAt`. A QR is named by its hash; of a code so short the hash would tell, so its name is random. `replaces` names the QR
   * that WhatsApp made void: no phone can link by what was shown until now, and this one takes its place. `codeRefused` is the sentence
   * that tells why it is offered where a pairing code was wanted.
   */
  | { type: 'socket.qr'; hash: string; expiresAt: number; replaces?: string; codeRefused?: string }
  /** A phone was scanned or took the code, and WhatsApp demands a passkey before it links the device; it waits until `expiresAt`. */
  | { type: 'passkey.asked'; expiresAt: number }
  /** The account's owner made an assertion for it; the assertion itself is in memory only. */
  | { type: 'passkey.submitted' }
  /** WhatsApp took the assertion, and phone and device have a code to be compared by their owner; it is in memory only. */
  | { type: 'passkey.codeShown' }
  /** WhatsApp took the assertion and the proof that this device showed the QR: no code needs to be compared. */
  | { type: 'passkey.proved' }
  /** The owner says that phone and device show the same code. */
  | { type: 'passkey.confirmed' }
  /** Somebody does not want to go on with it. */
  | { type: 'passkey.cancelled' }
  /** WhatsApp did not go on with it, or nobody here understands its demand. */
  | { type: 'passkey.failed'; reason: Reason; reasonText: string }
  /** A phone scanned the QR; WhatsApp now asks for a new connection. `imported`: it did so for another gateway, whose keys moved in. */
  | { type: 'socket.paired'; waId: string; lid: string | null; imported?: true }
  /** The account's display name became known or changed. */
  | { type: 'socket.named'; pushName: string }
  /** The socket ended; `code` is WhatsApp's, `reaction` what the table of disconnects says, `until` the end of a temporary ban. */
  | {
      type: 'socket.closed'
      code: number
      reaction: Reaction
      reason: Reason
      reasonText: string
      until?: number | null
    }
  /** WhatsApp takes the version of this client again: it let another session in. */
  | { type: 'version.accepted' }
  /** WhatsApp confirmed that the device we asked to unlink is unlinked. */
  | { type: 'logout.confirmed' }
  /**
   * Laravel answered "is this session active?". `said` is its word: `missing` = 404, `unknown` = anything unclear.
   * `told` is the last estado_qr that Laravel had accepted from us by then, and when. Of `unknown`, `cause` is a code and `why` a
   * sentence that says what was answered and what mends it.
   */
  | {
      type: 'laravel.answered'
      said: 'active' | 'inactive' | 'missing' | 'unknown'
      told: { estadoQr: EstadoQr; at: number } | null
      cause?: LaravelCause
      why?: string
    }
  /** Laravel has the QR with this hash. */
  | { type: 'qr.published'; hash: string }
  /** Laravel did not take the QR with this hash; `cause` and `why` as in `laravel.answered`. */
  | { type: 'qr.publishFailed'; hash: string; cause?: LaravelCause; why?: string }
  /** WhatsApp refused a message to somebody new (463): the account writes to nobody new until `until`. */
  | { type: 'reachOut.locked'; until: number }
  /** WhatsApp took too many messages (429): until `until` sends leave at `perMinute`, and none before `pausedUntil`, if WhatsApp said so. */
  | { type: 'sends.slowed'; perMinute: number; until: number; pausedUntil?: number }

/** A lifecycle fact as the machine sees it and the log keeps it. */
export type SessionEvent = SessionFact & { at: number }

/** A message fact shares the stream and its sequencer, and never enters the machine. */
export type MessageFact =
  /** WhatsApp handed over a message and it is durable. */
  | { type: 'message.received'; messageId: string; chatId: string }
  /** WhatsApp's history of before the link; kept for quotes, never delivered. */
  | { type: 'message.imported'; messageId: string; chatId: string }
  /** A send was accepted and its WhatsApp id chosen. */
  | { type: 'message.queued'; messageId: string; chatId: string }
  /** The bytes of a send were handed to the connection. */
  | { type: 'message.transmitted'; messageId: string; chatId: string }
  /** WhatsApp's server acknowledged a send. */
  | { type: 'message.sent'; messageId: string; chatId: string }
  /** The recipient's device has it. */
  | { type: 'message.delivered'; messageId: string; chatId: string }
  /** The recipient has read it. */
  | { type: 'message.read'; messageId: string; chatId: string }
  /** The recipient has played it. */
  | { type: 'message.played'; messageId: string; chatId: string }
  /** A send left several times and was never acknowledged: nobody knows whether the recipient has it. */
  | { type: 'message.unknown'; messageId: string; chatId: string; error: string }
  /** A send failed for good; `code` is WhatsApp's or one of ours, `error` a sentence. */
  | { type: 'message.failed'; messageId: string; chatId: string; code: string; error: string }

/** What else happened to an account, when Laravel wants to know; in the log like a message fact, never in the machine. */
export type AccountFact =
  /** Somebody calls, or a call came to its end. */
  | { type: 'call.changed'; callId: string; status: string }
  /** Somebody came or left, or something of a group was set. */
  | { type: 'group.changed'; jid: string; action: string }
  /** A person has another number, picture or name. */
  | { type: 'contact.changed'; jid: string; change: string }

/** The session's newest row cannot be read here, so nothing of it runs; `error` is one sentence. In the log, never in the machine. */
export type QuarantineFact = { type: 'session.quarantined'; error: string }

/** What is in the log and never enters the machine. */
export type LoggedFact = MessageFact | AccountFact | QuarantineFact

/** What a deletion left: keys, messages and data are erased, this one row stays. */
export type TombstoneFact = { type: 'session.deleted' }

/** Everything a row of the log can hold, timers of the machine aside. */
export type Fact = SessionFact | LoggedFact | TombstoneFact
