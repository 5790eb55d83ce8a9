/** How long messages of a chat stay. */
export interface ChatTimer {
  /** Seconds until a message disappears; 0: it stays. */
  expiration: number
  /** When that was set, in seconds since 1970, by WhatsApp's clock. */
  setAt: number
}
