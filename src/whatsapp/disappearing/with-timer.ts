import type { proto } from '@whiskeysockets/baileys'
import type { ChatTimer } from '../../messages/chat-timer.ts'
import type { SendContent } from '../../messages/send.ts'

/** What only changes another message, which disappears in its own time. */
const CHANGES: SendContent['type'][] = ['reaction', 'edit', 'delete']

/** Notes the timer of its chat beside what is sent, as WhatsApp's clients do: without it the message stays. */
export function withTimer(
  message: proto.IMessage,
  type: SendContent['type'],
  timer: ChatTimer | null,
): proto.IMessage {
  if (!timer?.expiration || CHANGES.includes(type)) return message
  const inside = message.documentWithCaptionMessage?.message ?? message
  const field = Object.keys(inside).find(name => name !== 'messageContextInfo') as keyof proto.IMessage
  const part = inside[field] as { contextInfo?: proto.IContextInfo | null }
  part.contextInfo = {
    ...part.contextInfo,
    expiration: timer.expiration,
    ephemeralSettingTimestamp: timer.setAt,
  }
  return message
}
