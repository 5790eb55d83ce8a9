import { proto } from '@whiskeysockets/baileys'
import { encoded, type Payload } from '../protocol/payload.ts'
import { wire } from './wire.ts'

/** A message as its encoding, for what Baileys' protobuf does not know; `wire` writes it. */
export type RawContent = { raw: Uint8Array }

/** As much of an encoded message as Baileys' protobuf reads: it may know nothing in it. */
export function knownPart(raw: Uint8Array): proto.IMessage {
  try {
    return proto.Message.decode(raw)
  } catch {
    return {}
  }
}

/** One message of two: encodings behind each other are one. */
export function joined(payload: Payload, more: proto.IMessage): Payload {
  return payload instanceof Uint8Array
    ? Buffer.concat([payload, encoded(more)])
    : Object.assign({}, payload, more)
}

/** `WebMessageInfo`: a message with what is known of it. */
export function webMessageInfo(about: proto.IWebMessageInfo, payload: Payload): Uint8Array {
  return Buffer.concat([proto.WebMessageInfo.encode(about).finish(), wire({ 2: encoded(payload) })])
}
