import type { proto } from '@whiskeysockets/baileys'

/** The advertisement that led a person to a business; the rest of ContextInfo that belongs to it comes as it is. */
export type Advertisement = proto.ContextInfo.IExternalAdReplyInfo &
  Pick<
    proto.IContextInfo,
    | 'conversionSource'
    | 'conversionData'
    | 'conversionDelaySeconds'
    | 'entryPointConversionSource'
    | 'entryPointConversionApp'
    | 'entryPointConversionDelaySeconds'
    | 'entryPointConversionExternalSource'
    | 'entryPointConversionExternalMedium'
    | 'ctwaSignals'
    | 'ctwaPayload'
  >

const OF_CONTEXT = [
  'conversionSource',
  'conversionData',
  'conversionDelaySeconds',
  'entryPointConversionSource',
  'entryPointConversionApp',
  'entryPointConversionDelaySeconds',
  'entryPointConversionExternalSource',
  'entryPointConversionExternalMedium',
  'ctwaSignals',
  'ctwaPayload',
] as const satisfies (keyof proto.IContextInfo)[]

/** An advertisement as phones write it into the message that it led to. */
export function adContext(ad: Advertisement): proto.IContextInfo {
  const entries = Object.entries(ad)
  const ofContext = (name: string) => (OF_CONTEXT as readonly string[]).includes(name)
  return {
    ...Object.fromEntries(entries.filter(([name]) => ofContext(name))),
    externalAdReply: Object.fromEntries(entries.filter(([name]) => !ofContext(name))),
  }
}

/** What phones wrap: the context belongs to what is inside. */
const WRAPPERS = [
  'ephemeralMessage',
  'viewOnceMessage',
  'viewOnceMessageV2',
  'documentWithCaptionMessage',
] as const

/** The content of a message that carries a context: its one field beside what merely accompanies it. */
function contentOf(
  message: proto.IMessage,
): [keyof proto.IMessage, { contextInfo?: proto.IContextInfo | null }] | undefined {
  const accompanies = ['messageContextInfo', 'senderKeyDistributionMessage']
  const found = Object.entries(message).find(
    ([name, part]) => part !== null && part !== undefined && !accompanies.includes(name),
  )
  return found && typeof found[1] === 'object' ? (found as ReturnType<typeof contentOf>) : undefined
}

/** The same message with more context; a plain text becomes an extended one, as phones do. */
export function withContext(message: proto.IMessage, context: proto.IContextInfo): proto.IMessage {
  if (message.conversation !== null && message.conversation !== undefined) {
    const { conversation, ...beside } = message
    return { ...beside, extendedTextMessage: { text: conversation, contextInfo: context } }
  }
  for (const wrapper of WRAPPERS) {
    const inside = message[wrapper]?.message
    if (inside) return { ...message, [wrapper]: { message: withContext(inside, context) } }
  }
  const [name, part] = contentOf(message) ?? []
  if (!name || !part || WITHOUT_CONTEXT.includes(name)) return message
  return { ...message, [name]: { ...part, contextInfo: { ...part.contextInfo, ...context } } }
}

const WITHOUT_CONTEXT: (keyof proto.IMessage)[] = [
  'protocolMessage',
  'reactionMessage',
  'pollUpdateMessage',
  'editedMessage',
  'deviceSentMessage',
]

/** The context of a message's content, through what it is wrapped in. */
export function contextOf(message: proto.IMessage): proto.IContextInfo | undefined {
  for (const wrapper of WRAPPERS) {
    const inside = message[wrapper]?.message
    if (inside) return contextOf(inside)
  }
  return contentOf(message)?.[1].contextInfo ?? undefined
}

/** Whether a message is something that is shown, and so disappears: not a change of another one. */
export const isShown = (message: proto.IMessage): boolean => {
  const [name] = contentOf(message) ?? []
  if (message.conversation !== null && message.conversation !== undefined) return true
  return name !== undefined && !WITHOUT_CONTEXT.includes(name)
}

/** What of a message a quote shows: its content, without what that quotes in turn. */
export function quotable(message: proto.IMessage): proto.IMessage {
  const { conversation } = message
  if (conversation !== null && conversation !== undefined) return { conversation }
  for (const wrapper of WRAPPERS) {
    const inside = message[wrapper]?.message
    if (inside) return quotable(inside)
  }
  const [name, part] = contentOf(message) ?? []
  return name && part ? { [name]: { ...part, contextInfo: null } } : {}
}
