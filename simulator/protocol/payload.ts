import { proto } from '@whiskeysockets/baileys'

/** What is encrypted: a message, or the encoding of one. */
export type Payload = proto.IMessage | Uint8Array

export const encoded = (payload: Payload): Uint8Array =>
  payload instanceof Uint8Array ? payload : proto.Message.encode(payload).finish()
