import type { WAMessage, WASocket } from '@whiskeysockets/baileys'
import { GatewayError } from '../../base/errors.ts'
import type { MediaSource, MessageRef } from '../../messages/message-ref.ts'
import type { ChatActions } from '../../ports/whatsapp.ts'
import type { Identities } from '../identities/identities.ts'
import { isFinalRefusal, refusalCodeOf } from '../query-errors.ts'
import { mediaMessage } from '../receiving/media-download.ts'
import type { AccountPresence } from './account-presence.ts'

type ChatSocket = Pick<WASocket, 'readMessages' | 'updateMediaMessage'>

/** What is done in chats beside sending. `unlessEnded` rejects what is in flight when the socket ends, and what takes too long. */
export function createChatActions(
  socket: ChatSocket,
  { numbers, addresses }: Pick<Identities, 'numbers' | 'addresses'>,
  presence: AccountPresence,
  unlessEnded: <T>(work: () => Promise<T>) => Promise<T>,
): ChatActions {
  const query = <T>(work: () => Promise<T>) =>
    unlessEnded(work).catch((error: unknown): never => {
      throw toGatewayError(error)
    })
  const keyOf = async ({ messageId, chatId, participant, fromMe }: MessageRef) => ({
    remoteJid: (await addresses.of(chatId)).to,
    id: messageId,
    fromMe,
    ...(participant !== null && { participant }),
  })
  return {
    lookup: phone => query(() => numbers.lookup(phone)),
    read: messages => query(async () => socket.readMessages(await Promise.all(messages.map(keyOf)))),
    presence: (kind, chatId) =>
      query(async () => presence.show(kind, chatId && (await addresses.of(chatId)).to)),
    reupload: (message, source) =>
      unlessEnded(async (): Promise<MediaSource> => {
        if (source.mediaKey === '')
          throw new GatewayError('MEDIA_GONE', 'WhatsApp has this file of a newsletter no more.')
        const asked = { key: await keyOf(message), message: mediaMessage(source) } as WAMessage
        let updated: WAMessage
        try {
          updated = await socket.updateMediaMessage(asked)
        } catch (cause) {
          throw new GatewayError('MEDIA_GONE', 'Neither WhatsApp nor the phone has this file any more.', {
            cause,
          })
        }
        const [content] = Object.values(updated.message ?? {}) as { directPath?: string | null }[]
        return { ...source, directPath: content?.directPath || source.directPath }
      }),
  }
}

function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  const code = refusalCodeOf(error)
  if (code === 429)
    return new GatewayError('TOO_MANY_REQUESTS', 'WhatsApp was asked too often; ask again later.', {
      cause: error,
      retryable: true,
      retryAfterSeconds: 60,
    })
  if (isFinalRefusal(code))
    return new GatewayError('WHATSAPP_REJECTED', `WhatsApp refused this with code ${code}.`, { cause: error })
  return new GatewayError('SESSION_NOT_CONNECTED', 'WhatsApp could not be asked.', {
    cause: error,
    retryable: true,
  })
}
