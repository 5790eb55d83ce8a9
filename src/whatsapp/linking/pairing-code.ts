import { randomBytes } from 'node:crypto'
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import type { Clock } from '../../base/clock.ts'
import type { LinkSecret } from '../../ports/qr-vault.ts'
import type { SocketFact } from '../../ports/whatsapp.ts'
import { whyRefused } from './companion-hello.ts'

/** How long WhatsApp may take to answer, in ms. */
const ANSWER_MS = 10_000
/** Codes of one socket: WhatsApp says when one is good no more. */
const MAX_CODES = 5
/** The notification of pairing by code. */
const REGISTRATION = 'link_code_companion_reg'

const NO_MORE = 'WhatsApp took none of the pairing codes; scan the QR, or ask for a code again later.'

type Offer = Extract<SocketFact, { type: 'socket.qr' }>

export interface PairingCodeDeps {
  socket: Pick<WASocket, 'ws'>
  /** Asks WhatsApp for a code; rejects with its refusal. */
  ask(): Promise<string>
  clock: Clock
  /** How long a socket offers to be linked, in ms: as long as its QRs last. */
  lifetimeMs: number
  /** A code is there: under this name, to be kept in memory only. */
  keep(code: LinkSecret): void
  report(offer: Offer): void
}

/**
 * Links one socket by a pairing code: asked for after the first QR, as Baileys wants it, and again when WhatsApp says that it is good no
 * more. The QRs are held back; they are offered when WhatsApp gives no code.
 */
export class PairingCode {
  readonly #deps: PairingCodeDeps
  #qr: Offer | null = null
  /** Why there is no code. */
  #refusal = NO_MORE
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
    if (this.#state === 'refused') this.#deps.report({ ...qr, codeRefused: this.#refusal })
    if (this.#state !== 'new') return
    this.#until = this.#deps.clock.now() + this.#deps.lifetimeMs
    void this.#offerCode()
  }

  /** Nothing is offered any more. */
  end(): void {
    this.#state = 'ended'
  }

  async #offerCode(): Promise<void> {
    const { keep, report } = this.#deps
    this.#state = 'requested'
    const text = this.#codes++ < MAX_CODES ? await this.#request() : null
    // It may have ended while it waited.
    if ((this.#state as string) !== 'requested') return
    if (text === null) {
      this.#state = 'refused'
      if (this.#qr) report({ ...this.#qr, codeRefused: this.#refusal })
      return
    }
    this.#state = 'shown'
    const code = { hash: randomBytes(32).toString('hex'), text, expiresAt: this.#until }
    keep(code)
    report({ type: 'socket.qr', hash: code.hash, expiresAt: code.expiresAt })
  }

  /** The code, once WhatsApp took the request; null if it did not. */
  async #request(): Promise<string | null> {
    const { ask, clock } = this.#deps
    const silence = Promise.withResolvers<never>()
    const timer = clock.setTimeout(() => silence.reject(new Error('no answer')), ANSWER_MS)
    try {
      return await Promise.race([ask(), silence.promise])
    } catch (error) {
      this.#refusal = whyRefused(error)
      return null
    } finally {
      clock.clearTimeout(timer)
    }
  }
}
