import {
  type AuthenticationCreds,
  type BinaryNode,
  type Chat,
  getAllBinaryNodeChildren,
  normalizeMessageContent,
  proto,
  type WAMessage,
} from '@whiskeysockets/baileys'
import type { ChatTimer } from '../../messages/chat-timer.ts'
import { isBroadcast, isGroup, isNewsletter } from '../jid.ts'

type Setting = ChatTimer & { chat: string }

const { EPHEMERAL_SETTING } = proto.Message.ProtocolMessage.Type
/** Nobody sets a timer long after the message that tells of it: a false clock must not win for ever. In seconds. */
const CLOCK_SKEW = 86_400

/**
 * What a message of a chat says about its timer; null if nothing. `known` is what is known of it: a client that notes no time of the
 * setting teaches only who knows nothing. In groups only the server's notification sets it, and what members note beside messages.
 */
export async function timerIn(
  { message, messageTimestamp }: WAMessage,
  chat: string,
  known: () => Promise<ChatTimer | null>,
): Promise<Setting | null> {
  // The plain text, which most messages are, has no room for it.
  if (!message || message.conversation || isBroadcast(chat) || isNewsletter(chat)) return null
  const content = normalizeMessageContent(message) ?? {}
  const sentAt = seconds(messageTimestamp)
  const { protocolMessage } = content
  if (protocolMessage) {
    if (protocolMessage.type !== EPHEMERAL_SETTING || isGroup(chat)) return null
    const setAt = seconds(protocolMessage.ephemeralSettingTimestamp) || sentAt
    return { chat, expiration: protocolMessage.ephemeralExpiration ?? 0, setAt: sane(setAt, sentAt) }
  }
  const context = contextIn(content)
  if (!context) return null
  const setAt = seconds(context.ephemeralSettingTimestamp)
  const expiration = context.expiration ?? 0
  if (setAt > 0) {
    // What was said before the newest setting comes late, and says what held then.
    const before = await known()
    return before !== null && before.setAt >= sane(setAt, sentAt)
      ? null
      : { chat, expiration, setAt: sane(setAt, sentAt) }
  }
  return expiration > 0 && (await known()) === null ? { chat, expiration, setAt: sentAt } : null
}

/** What the account gives to chats that begin; null if nothing. */
export function timerOfNewChats({ accountSettings }: AuthenticationCreds): ChatTimer | null {
  const { ephemeralExpiration, ephemeralSettingTimestamp } = accountSettings.defaultDisappearingMode ?? {}
  if (!ephemeralExpiration) return null
  return { expiration: ephemeralExpiration, setAt: seconds(ephemeralSettingTimestamp) }
}

/** The chats of a history that have a timer, or had one. */
export function timersInHistory(chats: Chat[]): Setting[] {
  return chats.flatMap(({ id, ephemeralExpiration, ephemeralSettingTimestamp }) => {
    const setAt = seconds(ephemeralSettingTimestamp)
    return id && (ephemeralExpiration || setAt)
      ? [{ chat: id, expiration: ephemeralExpiration ?? 0, setAt }]
      : []
  })
}

/** What a notification of a group (`w:gp2`) says about its timer, in any of its children: Baileys reads only the first. */
export function timerOfGroup({ attrs, ...node }: BinaryNode): Setting | null {
  const child = getAllBinaryNodeChildren({ attrs, ...node }).findLast(({ tag }) =>
    ['ephemeral', 'not_ephemeral'].includes(tag),
  )
  if (!child || !attrs.from) return null
  const expiration = child.tag === 'ephemeral' ? seconds(child.attrs.expiration) : 0
  return { chat: attrs.from, expiration, setAt: seconds(attrs.t) }
}

function contextIn(content: proto.IMessage): proto.IContextInfo | null {
  for (const part of Object.values(content) as unknown[]) {
    if (typeof part !== 'object' || part === null || !('contextInfo' in part) || !part.contextInfo) continue
    return part.contextInfo as proto.IContextInfo
  }
  return null
}

const sane = (setAt: number, sentAt: number) => Math.min(setAt, sentAt + CLOCK_SKEW)

/** protobuf gives numbers or Longs, stanzas texts. */
function seconds(value: unknown): number {
  const number = Number(value ?? 0)
  return Number.isSafeInteger(number) && number > 0 ? number : 0
}
