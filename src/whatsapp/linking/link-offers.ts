import { createHash } from 'node:crypto'
import type { BinaryNode, WASocket } from '@whiskeysockets/baileys'
import type { Clock } from '../../base/clock.ts'
import type { LinkSecret, QrVault } from '../../ports/qr-vault.ts'
import type { SocketFact } from '../../ports/whatsapp.ts'
import type { WhatsAppConfig } from '../baileys-settings.ts'
import { askForCode, type HelloSocket } from './companion-hello.ts'
import { PairingCode } from './pairing-code.ts'
import { QrSecret } from './qr-secret.ts'

const FIRST_QR_MS = 60_000
const LATER_QR_MS = 20_000

/** References that WhatsApp gives a socket, each for one QR. */
const QRS = 6

/** How long WhatsApp takes a pairing code, in ms: as long as all QRs of one connection together. */
const PAIRING_CODE_MS = FIRST_QR_MS + (QRS - 1) * LATER_QR_MS

export interface LinkOffersDeps {
  socket: Pick<WASocket, 'ws'> & HelloSocket
  sessionId: string
  /** Digits of the number to be linked by a pairing code; null for a QR. */
  phoneNumber: string | null
  vault: QrVault
  clock: Clock
  config: Pick<WhatsAppConfig, 'qrTimeoutMs'>
  report(offer: Extract<SocketFact, { type: 'socket.qr' }>): void
}

/** What one socket offers to link a phone: its QRs, or a pairing code instead. The texts are in the vault, the facts name them. */
export class LinkOffers {
  readonly #deps: LinkOffersDeps
  readonly #pairingCode: PairingCode | null
  readonly #secret: QrSecret
  #qrs = 0
  #newest: LinkSecret | null = null

  constructor(deps: LinkOffersDeps) {
    this.#deps = deps
    this.#secret = new QrSecret(deps.socket.authState.creds)
    deps.socket.ws.on('CB:notification,type:companion_reg_refresh', node => this.#refreshed(node))
    this.#pairingCode = deps.phoneNumber === null ? null : this.#createCode(deps.phoneNumber)
  }

  /** WhatsApp gave a QR. */
  offerQr(text: string): void {
    const { clock, config } = this.#deps
    const lifetime = config.qrTimeoutMs ?? (this.#qrs++ === 0 ? FIRST_QR_MS : LATER_QR_MS)
    this.#offer(text, clock.now() + lifetime)
  }

  /** Asks for no pairing code any more; what was offered stays in the vault. */
  stop(): void {
    this.#pairingCode?.end()
  }

  /** What was offered is good no more. */
  withdraw(): void {
    this.stop()
    this.#newest = null
    this.#deps.vault.clear(this.#deps.sessionId)
  }

  /** The same reference with another secret, until the same time; no phone can link by what was shown until now. */
  #refreshed(node: BinaryNode): void {
    if (!this.#secret.renew(node) || !this.#newest) return
    const { text, expiresAt, hash } = this.#newest
    this.#offer(text, expiresAt, hash)
  }

  #offer(drawn: string, expiresAt: number, replaces?: string): void {
    const { sessionId, vault, report } = this.#deps
    const text = this.#secret.writtenInto(drawn)
    const hash = createHash('sha256').update(text).digest('hex')
    this.#newest = { text, expiresAt, hash }
    vault.put(sessionId, this.#newest)
    const offer = { type: 'socket.qr', hash, expiresAt, ...(replaces !== undefined && { replaces }) } as const
    if (this.#pairingCode) this.#pairingCode.qrOffered(offer)
    else report(offer)
  }

  #createCode(phoneNumber: string): PairingCode {
    const { socket, sessionId, vault, clock, config, report } = this.#deps
    const { qrTimeoutMs: each } = config
    return new PairingCode({
      socket,
      ask: () => askForCode(socket, phoneNumber),
      clock,
      lifetimeMs: each === undefined ? PAIRING_CODE_MS : QRS * each,
      keep: code => vault.putCode(sessionId, code),
      report,
    })
  }
}
