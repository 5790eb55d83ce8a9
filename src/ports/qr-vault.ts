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
