import { randomBytes } from 'node:crypto'
import type { AuthenticationCreds, BinaryNode } from '@whiskeysockets/baileys'

/** What WhatsApp names in `companion_reg_refresh` when the secret is to be renewed; with neither, nothing is (WhatsApp Web). */
const FORMS = ['companion_reg_refresh', 'pair-device-rotate-qr']

/**
 * The secret that a QR shows and the phone's `pair-success` is sealed with. Baileys reads it once for all QRs of a socket and never
 * renews it; since July 2026 WhatsApp wants another after a scan, and links only by a QR that shows it (whatsmeow, WhatsApp Web).
 */
export class QrSecret {
  readonly #creds: Pick<AuthenticationCreds, 'advSecretKey'>
  #ours: string

  constructor(creds: Pick<AuthenticationCreds, 'advSecretKey'>) {
    this.#creds = creds
    this.#ours = creds.advSecretKey
  }

  /**
   * Takes a new secret if WhatsApp's notification wants one. False if it does not, and once something else has put a secret of its own
   * there: `companion_finish` of a pairing code derives one, and the coming `pair-success` is sealed with that (whatsapp-rust).
   */
  renew({ content }: BinaryNode): boolean {
    if (!Array.isArray(content) || !content.some(({ tag }) => FORMS.includes(tag))) return false
    if (this.#creds.advSecretKey !== this.#ours) return false
    this.#ours = randomBytes(32).toString('base64')
    this.#creds.advSecretKey = this.#ours
    return true
  }

  /** The text of a QR (`reference,noise key,identity key,secret,kind`) with the secret as it is now. */
  writtenInto(qr: string): string {
    const fields = qr.split(',')
    fields[3] = this.#creds.advSecretKey
    return fields.join(',')
  }
}
