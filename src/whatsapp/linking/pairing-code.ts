import { randomBytes } from 'node:crypto'
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import type { Clock } from '../../base/clock.ts'
import type { LinkSecret } from '../../ports/qr-vault.ts'
import type { SocketFact } from '../../ports/whatsapp.ts'

/** How long WhatsApp may take to answer, in ms. */
const ANSWER_MS = 10_000
/** Codes of one socket: WhatsApp says when one is good no more. */
const MAX_CODES = 5
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
  codeRefused(): void
}

/**
 * Links one socket by a pairing code: asked for after the first QR, as Baileys wants it, and again when WhatsApp says that it is good no
 * more. The QRs are held back; they are offered when WhatsApp gives no code.
 */
export class PairingCode {
  readonly #deps: PairingCodeDeps
  #qr: Offer | null = null
  #state: 'new' | 'requested' | 'shown' | 'refused' | 'ended' = 'new'
  #codes = 0
  #until = 0

  constructor(deps: PairingCodeDeps) {
    this.#deps = deps
    deps.socket.ws.on(`CB:notification,type:${REGISTRATION}`, ({ content }: BinaryNode) => {
      const stages = Array.isArray(content) ? content.map(({ attrs }) => attrs.stage) : []
      if (stages.includes('refresh_code') && this.#state === 'shown') void this.#offerCode()
    })
  }

  /** WhatsApp offers a QR, which is in the vault. */
  qrOffered(qr: Offer): void {
    const { type, hash, expiresAt } = qr
    this.#qr = { type, hash, expiresAt }
    if (this.#state === 'refused') this.#deps.report(qr)
    if (this.#state !== 'new') return
    this.#until = this.#deps.clock.now() + this.#deps.lifetimeMs
    void this.#offerCode()
  }

  /** Nothing is offered any more. */
  end(): void {
    this.#state = 'ended'
  }

  async #offerCode(): Promise<void> {
    const { socket, phoneNumber, clock, keep, report, codeRefused } = this.#deps
    this.#state = 'requested'
    const text = this.#codes++ < MAX_CODES ? await this.#request(socket, phoneNumber, clock) : null
    // It may have ended while it waited.
    if ((this.#state as string) !== 'requested') return
    if (text === null) {
      this.#state = 'refused'
      codeRefused()
      if (this.#qr) report(this.#qr)
      return
    }
    this.#state = 'shown'
    const code = { hash: randomBytes(32).toString('hex'), text, expiresAt: this.#until }
    keep(code)
    report({ type: 'socket.qr', hash: code.hash, expiresAt: code.expiresAt })
  }

  /** The code, once WhatsApp took the request; null if it did not. Baileys waits for no answer. */
  async #request({ ws, requestPairingCode }: PairingCodeDeps['socket'], phone: string, clock: Clock) {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const [accept, refuse] = [() => resolve(true), () => resolve(false)]
    const timer = clock.setTimeout(refuse, ANSWER_MS)
    ws.on(`CB:iq,,${REGISTRATION}`, accept)
    // Nothing else is asked before the login.
    ws.on('CB:iq,type:error', refuse)
    try {
      const code = await requestPairingCode(phone)
      return (await promise) ? code : null
    } catch {
      return null
    } finally {
      clock.clearTimeout(timer)
      ws.off(`CB:iq,,${REGISTRATION}`, accept)
      ws.off('CB:iq,type:error', refuse)
    }
  }
}
