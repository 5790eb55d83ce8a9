import type { WAMessage, WASocket } from '@whiskeysockets/baileys'
import { GatewayError } from '../errors.ts'
import type { ChatActions, MessageRef } from '../ports.ts'
import type { MediaSource } from '../records.ts'
import { mediaMessage } from './media.ts'
import type { Numbers } from './numbers.ts'

type ChatSocket = Pick<WASocket, 'readMessages' | 'sendPresenceUpdate' | 'updateMediaMessage'>

/** What is done in chats beside sending. `unlessEnded` rejects what is in flight when the socket ends, and what takes too long. */
export function createChatActions(
  socket: ChatSocket,
  numbers: Numbers,
  unlessEnded: <T>(work: () => Promise<T>) => Promise<T>,
): ChatActions {
  return {
    lookup: phone => unlessEnded(() => numbers.lookup(phone)),
    read: messages => unlessEnded(() => socket.readMessages(messages.map(keyOf))),
    presence: (kind, chatId) => unlessEnded(() => socket.sendPresenceUpdate(kind, chatId)),
    reupload: (message, source) =>
      unlessEnded(async (): Promise<MediaSource> => {
        const asked = { key: keyOf(message), message: mediaMessage(source) } as WAMessage
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

function keyOf({ messageId, chatId, participant, fromMe }: MessageRef) {
  return { remoteJid: chatId, id: messageId, fromMe, ...(participant !== null && { participant }) }
}
