import { createHash } from 'node:crypto'
import type { WASocket } from '@whiskeysockets/baileys'
import type { Clock } from '../../base/clock.ts'
import type { QrVault } from '../../ports/qr-vault.ts'
import type { SocketFact } from '../../ports/whatsapp.ts'
import type { WhatsAppConfig } from '../baileys-settings.ts'
import { PairingCode } from './pairing-code.ts'

const FIRST_QR_MS = 60_000
const LATER_QR_MS = 20_000

/** References that WhatsApp gives a socket, each for one QR. */
const QRS = 6

/** How long WhatsApp takes a pairing code, in ms: as long as all QRs of one connection together. */
const PAIRING_CODE_MS = FIRST_QR_MS + (QRS - 1) * LATER_QR_MS

export interface LinkOffersDeps {
  socket: Pick<WASocket, 'ws' | 'requestPairingCode'>
  sessionId: string
  /** Digits of the number to be linked by a pairing code; null for a QR. */
  phoneNumber: string | null
  vault: QrVault
  clock: Clock
  config: Pick<WhatsAppConfig, 'qrTimeoutMs'>
  report(offer: Extract<SocketFact, { type: 'socket.qr' }>): void
  /** WhatsApp gives no pairing code, so the QRs are offered. */
  codeRefused(): void
}

/** What one socket offers to link a phone: its QRs, or a pairing code instead. The texts are in the vault, the facts name them. */
export class LinkOffers {
  readonly #deps: LinkOffersDeps
  readonly #pairingCode: PairingCode | null
  #qrs = 0

  constructor(deps: LinkOffersDeps) {
    this.#deps = deps
    this.#pairingCode = deps.phoneNumber === null ? null : this.#createCode(deps.phoneNumber)
  }

  /** WhatsApp gave a QR. */
  offerQr(text: string): void {
    const { sessionId, vault, clock, config } = this.#deps
    const lifetime = config.qrTimeoutMs ?? (this.#qrs++ === 0 ? FIRST_QR_MS : LATER_QR_MS)
    const hash = createHash('sha256').update(text).digest('hex')
    const expiresAt = clock.now() + lifetime
    vault.put(sessionId, { hash, text, expiresAt })
    const offer = { type: 'socket.qr', hash, expiresAt } as const
    if (this.#pairingCode) this.#pairingCode.qrOffered(offer)
    else this.#deps.report(offer)
  }

  /** Asks for no pairing code any more; what was offered stays in the vault. */
  stop(): void {
    this.#pairingCode?.end()
  }

  /** What was offered is good no more. */
  withdraw(): void {
    this.stop()
    this.#deps.vault.clear(this.#deps.sessionId)
  }

  #createCode(phoneNumber: string): PairingCode {
    const { socket, sessionId, vault, clock, config, report, codeRefused } = this.#deps
    const { qrTimeoutMs: each } = config
    return new PairingCode({
      socket,
      phoneNumber,
      clock,
      lifetimeMs: each === undefined ? PAIRING_CODE_MS : QRS * each,
      keep: code => vault.putCode(sessionId, code),
      report,
      codeRefused,
    })
  }
}
