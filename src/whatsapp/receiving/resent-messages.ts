import { proto, type WAMessage } from '@whiskeysockets/baileys'
import { contentOf } from '../keys/inbox-rows.ts'
import { hasNewer } from '../protobuf/decode-message.ts'
import { fieldsIn } from '../protobuf/wire-reader.ts'

/** A message, and the encoding of its content. */
export type ResentMessage = WAMessage & { encoded: Uint8Array }

/** The number of `message` in a WebMessageInfo. */
const MESSAGE = 2

const { PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE } = proto.Message.ProtocolMessage.Type

/**
 * The messages inside our own phone's answer to a request: WhatsApp had only a placeholder of them for this device
 * (process-message.js). Nobody else's answer counts; what cannot be read is left out.
 */
export function resentMessagesIn({ key, message }: WAMessage): ResentMessage[] {
  const answer = message?.protocolMessage
  if (!key.fromMe || answer?.type !== PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE) return []
  const results = answer.peerDataOperationRequestResponseMessage?.peerDataOperationResult ?? []
  return results.flatMap(({ placeholderMessageResendResponse: resend }) => {
    const bytes = resend?.webMessageInfoBytes
    return bytes?.length ? decoded(bytes) : []
  })
}

function decoded(bytes: Uint8Array): ResentMessage[] {
  try {
    const info = proto.WebMessageInfo.decode(bytes) as WAMessage
    const encoded = [...fieldsIn(bytes)].find(({ number }) => number === MESSAGE)?.bytes ?? new Uint8Array(0)
    if (hasNewer(encoded)) info.message = contentOf(encoded)
    return info.key?.id ? [{ ...info, encoded }] : []
  } catch {
    return []
  }
}
