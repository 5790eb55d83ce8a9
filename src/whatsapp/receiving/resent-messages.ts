import { proto, type WAMessage } from '@whiskeysockets/baileys'
import { contentOf } from '../keys/inbox-rows.ts'
import { hasNewer } from '../protobuf/decode-message.ts'
import { fieldsIn } from '../protobuf/wire-reader.ts'

/** The number of `message` in a WebMessageInfo. */
const MESSAGE = 2

const { PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE } = proto.Message.ProtocolMessage.Type

/**
 * The messages inside our own phone's answer to a request: WhatsApp had only a placeholder of them for this device
 * (process-message.js). Nobody else's answer counts; what cannot be read is left out.
 */
export function resentMessagesIn({ key, message }: WAMessage): WAMessage[] {
  const answer = message?.protocolMessage
  if (!key.fromMe || answer?.type !== PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE) return []
  const results = answer.peerDataOperationRequestResponseMessage?.peerDataOperationResult ?? []
  return results.flatMap(({ placeholderMessageResendResponse: resend }) => {
    const bytes = resend?.webMessageInfoBytes
    return bytes?.length ? decoded(bytes) : []
  })
}

function decoded(bytes: Uint8Array): WAMessage[] {
  try {
    const info = proto.WebMessageInfo.decode(bytes) as WAMessage
    for (const { number, bytes: encoded } of fieldsIn(bytes))
      if (number === MESSAGE && encoded && hasNewer(encoded)) info.message = contentOf(encoded)
    return info.key?.id ? [info] : []
  } catch {
    return []
  }
}
