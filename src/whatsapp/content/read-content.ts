import type { proto } from '@whiskeysockets/baileys'
import type { WholeMessage } from '../protobuf/newer-fields.ts'
import type { ContentReader } from './content-readers.ts'
import { FIELDS, PROTOCOL, UNSUPPORTED, WRAPPER } from './message-fields.ts'
import { EMPTY, type Ignored, type ParsedContent, unsupported } from './parsed-content.ts'
import { readProtocolMessage } from './protocol-messages.ts'
import { placeOf } from './second-files.ts'

type Message = WholeMessage
type Field = keyof Message

/** Wrappers inside each other; WhatsApp's own clients accept no more, and a longer chain is hostile. */
const MAX_WRAPPERS = 5
/** How the names of the wrappers begin whose message may be seen once. */
const VIEW_ONCE = 'viewOnceMessage'

/**
 * Reads a decrypted message, through all its wrappers; says why when there is nothing for Laravel in it. What is newer than this
 * program is `unsupported`, too, under the number of its field.
 */
export function readContent(message: Message | null | undefined): ParsedContent | Ignored {
  return message ? readWithin(message, 'unknown', MAX_WRAPPERS) : { ignored: 'no content' }
}

/** `name` is what the message is called if nothing is in it. */
function readWithin(message: Message, name: string, depth: number): ParsedContent | Ignored {
  const content = readFields(message, name, depth)
  const place = placeOf(message)
  if (place === null || 'ignored' in content) return content
  if ('ignored' in place) return place
  // An edit of what came second is one of the message that it took the place of.
  if (content.type === 'edit') return { ...content, replyTo: place.replaces }
  return { ...content, extras: { ...content.extras, ...place } }
}

function readFields(message: Message, name: string, depth: number): ParsedContent | Ignored {
  const wrapped: Field[] = []
  let unread: Field | null = null
  let dropped: Ignored | null = null
  for (const field of fieldsOf(message)) {
    const kind = FIELDS[field] as (typeof FIELDS)[Field] | undefined
    if (kind === undefined || kind === UNSUPPORTED) unread ??= field
    else if (kind === WRAPPER) wrapped.push(field)
    else if (kind === PROTOCOL || typeof kind === 'function') {
      const content = kind === PROTOCOL ? readChange(message.protocolMessage ?? {}) : kind(message)
      if (!('ignored' in content)) return within(message, field, content)
      dropped = content
    } else if (field !== 'messageContextInfo') dropped = kind
  }
  for (const field of wrapped) {
    const inner = insideOf(message, field)
    const content = inner && depth > 0 ? readWithin(inner, field, depth - 1) : unsupported(field)
    if ('ignored' in content) dropped = content
    else return field.startsWith(VIEW_ONCE) ? seenOnce(content) : content
  }
  if (unread !== null) return within(message, unread, unsupported(unread))
  return dropped ?? unsupported(name)
}

const seenOnce = (content: ParsedContent): ParsedContent => ({
  ...content,
  extras: { ...content.extras, view_once: true },
})

/** Edits and deletions are messages about another one. */
function readChange(protocolMessage: proto.Message.IProtocolMessage): ReturnType<ContentReader> {
  const change = readProtocolMessage(protocolMessage)
  if ('unknown' in change) return unsupported(change.unknown)
  if ('ignored' in change) return change
  if (change.type === 'delete') return { type: 'delete', replyTo: change.id }
  const edited = readContent(change.message)
  if ('ignored' in edited || edited.type === 'unsupported') return { type: 'edit', replyTo: change.id }
  const { body, caption, context } = edited
  // A poll has its options beside its question.
  const words = edited.type === 'poll' ? { body, caption } : { body: body ?? caption }
  // Its new words may mention others; what the original quotes is not told again.
  const beside = context && { ...context, stanzaId: null, quotedMessage: null }
  return { type: 'edit', ...words, replyTo: change.id, context: beside }
}

function fieldsOf(message: Message): Field[] {
  return (Object.keys(message) as Field[]).filter(
    field => message[field] !== null && message[field] !== undefined,
  )
}

function insideOf(message: Message, field: Field): Message | null | undefined {
  const wrapper = message[field]
  return typeof wrapper === 'object' && wrapper !== null && 'message' in wrapper
    ? (wrapper.message as Message | null | undefined)
    : null
}

/** What was read from a field, with what stands beside the words in it. */
function within(
  message: Message,
  field: Field,
  content: Partial<ParsedContent> & { type: string },
): ParsedContent {
  const context = content.context ?? contextOf(message, field)
  return { ...EMPTY, ...content, context, replyTo: content.replyTo ?? (context?.stanzaId || null) }
}

function contextOf(message: Message, field: Field): proto.IContextInfo | null {
  const value = message[field]
  if (typeof value !== 'object' || value === null || !('contextInfo' in value)) return null
  return (value.contextInfo as proto.IContextInfo | null | undefined) ?? null
}
