import type { PasskeyOptions } from '../messages/passkey.ts'

/** What links a phone: the text of a QR or a pairing code. `hash` is its name in facts. */
export interface LinkSecret {
  hash: string
  text: string
  expiresAt: number
}

/** The only place that holds a QR text or a pairing code; memory only. */
export interface QrVault {
  /** Keeps a QR until it expires, instead of the one before. */
  put(sessionId: string, qr: LinkSecret): void
  /** The newest QR, or null once it has expired. */
  read(sessionId: string): LinkSecret | null
  /** Keeps a pairing code until it expires, instead of the one before. */
  putCode(sessionId: string, code: LinkSecret): void
  /** The newest pairing code, or null once it has expired. */
  readCode(sessionId: string): LinkSecret | null
  /** Forgets both. */
  clear(sessionId: string): void
}

/** What is secret about a passkey that WhatsApp demands of a session. */
export interface PasskeySecrets {
  options: PasskeyOptions
  /** What phone and session show, XXXX-XXXX; null until both know it. */
  code: string | null
  /** Lets the page of the account's owner answer, once, without an API key. */
  token: string
  expiresAt: number
}

/** The only place that holds them; memory only. */
export interface PasskeyVault {
  /** WhatsApp demands a passkey: keeps what it asks for until it expires, instead of what it asked before. */
  put(sessionId: string, demand: Pick<PasskeySecrets, 'options' | 'expiresAt'>): void
  /** Keeps the code with the demand; an answer that was given anew has none. */
  putCode(sessionId: string, code: string | null): void
  read(sessionId: string): PasskeySecrets | null
  /** The session that a token was made for, on whichever node; null: on none. Whether it is still good only its owner knows. */
  sessionNamedIn(token: string): string | null
  /** The session here whose demand a token answers; null for one that is unknown, used or expired. Takes the same time for any other. */
  sessionOf(token: string): string | null
  /** The token is good no more; another one takes its place. */
  useToken(sessionId: string): void
  clear(sessionId: string): void
}
