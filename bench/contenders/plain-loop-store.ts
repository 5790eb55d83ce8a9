import type { AuthenticationCreds, SignalKeyStore } from '@whiskeysockets/baileys'

export interface Login {
  number: string
  creds: AuthenticationCreds
}

/** What a loop of sockets remembers, and where. */
export interface LoopStore {
  /** What the session had last; the login's own credentials when it is new. */
  authOf(login: Login): { creds: AuthenticationCreds; keys: SignalKeyStore }
  saveCreds(number: string, creds: AuthenticationCreds): void
  queued(number: string, id: string, message: object): void
  /** A status of WhatsApp's `WebMessageInfo`: 2 acked, 3 delivered, 4 read. */
  told(number: string, id: string, status: number): void
  received(number: string, id: string, message: object): void
  handedOn(number: string, id: string): void
}
