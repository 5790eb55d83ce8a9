import { randomBytes } from 'node:crypto'
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import type { Clock } from '../../base/clock.ts'
import type { LinkSecret } from '../../ports/qr-vault.ts'
import type { SocketFact } from '../../ports/whatsapp.ts'

/** How long WhatsApp may take to answer, in ms. */
const PATIENCE = 10_000
/** Codes of one socket: WhatsApp says when one is good no more. */
const MOST_CODES = 5
/** The notification and the iqs of pairing by code (`requestPairingCode` in Baileys). */
const REGISTRATION = 'link_code_companion_reg'

type Offer = Extract<SocketFact, { type: 'socket.qr' }>

export interface PairingCodeDeps {
  socket: Pick<WASocket, 'ws' | 'requestPairingCode'>
  phoneNumber: string
  clock: Clock
  /** How long a socket offers to be linked, in ms: as long as its QRs last. */
  lifetimeMs: number
  /** A code is there: under this name, to be kept in memory only. */
  keep(code: LinkSecret): void
  report(offer: Offer): void
  /** WhatsApp gives no code, so the QRs are offered. */
  refused(): void
}

/**
 * Links one socket by a pairing code: asked for after the first QR, as Baileys wants it, and again when WhatsApp says that it is good no
 * more. The QRs are held back; they are offered when WhatsApp gives no code.
 */
export class PairingCode {
  readonly #deps: PairingCodeDeps
  #qr: Offer | null = null
  #state: 'new' | 'asking' | 'shown' | 'refused' | 'ended' = 'new'
  #codes = 0
  #until = 0

  constructor(deps: PairingCodeDeps) {
    this.#deps = deps
    deps.socket.ws.on(`CB:notification,type:${REGISTRATION}`, ({ content }: BinaryNode) => {
      const stages = Array.isArray(content) ? content.map(({ attrs }) => attrs.stage) : []
      if (stages.includes('refresh_code') && this.#state === 'shown') void this.#ask()
    })
  }

  /** WhatsApp offers a QR, which is in the vault. */
  offered(qr: Offer): void {
    this.#qr = qr
    if (this.#state === 'refused') this.#deps.report(qr)
    if (this.#state !== 'new') return
    this.#until = this.#deps.clock.now() + this.#deps.lifetimeMs
    void this.#ask()
  }

  /** Nothing is offered any more. */
  end(): void {
    this.#state = 'ended'
  }

  async #ask(): Promise<void> {
    const { socket, phoneNumber, clock, keep, report, refused } = this.#deps
    this.#state = 'asking'
    const text = this.#codes++ < MOST_CODES ? await this.#answered(socket, phoneNumber, clock) : null
    // It may have ended while it waited.
    if ((this.#state as string) !== 'asking') return
    if (text === null) {
      this.#state = 'refused'
      refused()
      if (this.#qr) report(this.#qr)
      return
    }
    this.#state = 'shown'
    const code = { hash: randomBytes(32).toString('hex'), text, expiresAt: this.#until }
    keep(code)
    report({ type: 'socket.qr', hash: code.hash, expiresAt: code.expiresAt })
  }

  /** The code, once WhatsApp took the request; null if it did not. Baileys waits for no answer. */
  async #answered({ ws, requestPairingCode }: PairingCodeDeps['socket'], phone: string, clock: Clock) {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const [took, refuses] = [() => resolve(true), () => resolve(false)]
    const timer = clock.setTimeout(refuses, PATIENCE)
    ws.on(`CB:iq,,${REGISTRATION}`, took)
    // Nothing else is asked before the login.
    ws.on('CB:iq,type:error', refuses)
    try {
      const code = await requestPairingCode(phone)
      return (await promise) ? code : null
    } catch {
      return null
    } finally {
      clock.clearTimeout(timer)
      ws.off(`CB:iq,,${REGISTRATION}`, took)
      ws.off('CB:iq,type:error', refuses)
    }
  }
}
