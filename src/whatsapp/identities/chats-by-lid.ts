import { type AuthenticationCreds, proto, type WAMessage } from '@whiskeysockets/baileys'
import { chatsByLid } from '../keys/creds.ts'

const { LID_MIGRATION_MAPPING_SYNC } = proto.Message.ProtocolMessage.Type

export interface CredsHolder {
  readonly creds: AuthenticationCreds
  credsChanged(): void
}

/**
 * Whether the account's direct chats are by LID at WhatsApp, which is for ever once it is so. Its phone says so when it links
 * (linking/client-props.ts), or later by a message with all pairs; it is kept with the credentials.
 */
export class ChatsByLid {
  readonly #auth: CredsHolder
  /** WhatsApp refused a LID although: until the socket ends. */
  #refused = false

  constructor(auth: CredsHolder) {
    this.#auth = auth
  }

  get isOn(): boolean {
    return !this.#refused && chatsByLid(this.#auth.creds)
  }

  /** A message that came; only the own phone is believed. */
  handle({ key, message }: WAMessage): void {
    if (key.fromMe && message?.protocolMessage?.type === LID_MIGRATION_MAPPING_SYNC) this.#turnOn()
  }

  /** WhatsApp did not take what was sent to a LID. */
  refused(): void {
    this.#refused = true
  }

  #turnOn(): void {
    const { creds } = this.#auth
    if (chatsByLid(creds)) return
    creds.additionalData = { ...creds.additionalData, chatsByLid: true }
    this.#auth.credsChanged()
  }
}
