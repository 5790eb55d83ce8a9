import { createHash } from 'node:crypto'
import { proto } from '@whiskeysockets/baileys'
import type { ReceivedContent, ReceivedExtras } from '../../messages/received.ts'
import type { SendContent } from '../../messages/send.ts'
import { lines, type ParsedContent, type SealedPart } from '../content/parsed-content.ts'
import { readContent } from '../content/read-content.ts'
import { digitsOf, lidOf } from '../jid.ts'
import { decodeMessage } from '../protobuf/decode-message.ts'
import type { WholeMessage } from '../protobuf/newer-fields.ts'

type Content = ReceivedContent | SendContent
type Me = { me: { id: string; lid: string | null } }

const { MESSAGE_EDIT } = proto.Message.ProtocolMessage.Type
const { EventResponseType } = proto.Message.EventResponseMessage

/**
 * What was sealed, read like what is said plainly; null if it is nothing that may be sealed so. `content` is the envelope,
 * `original` the message that it is about.
 */
export function readOpened(
  content: ParsedContent & { sealed: SealedPart },
  plain: Uint8Array,
  original: Content,
  me: Me,
): ParsedContent | null {
  const opened = { ...content, sealed: null }
  try {
    switch (content.sealed.kind) {
      case 'edit':
      case 'eventEdit':
      case 'pollEdit':
        return readEdit(opened, decodeMessage(plain))
      case 'pollOption':
        return readAddedOption(opened, decodeMessage(plain).pollAddOptionMessage?.option, original)
      case 'reaction':
        return { ...opened, body: proto.Message.ReactionMessage.decode(plain).text ?? '' }
      case 'comment':
        return readComment(opened, decodeMessage(plain), original, me)
      case 'vote':
        return readVote(opened, proto.Message.PollVoteMessage.decode(plain).selectedOptions, original)
      case 'eventResponse':
        return readEventResponse(opened, proto.Message.EventResponseMessage.decode(plain))
    }
  } catch {
    // Sealed by the right one, and no protobuf.
    return null
  }
}

/** An edit names the message once more, in its author's frame; that of an event or a poll is the message itself. */
function readEdit(opened: ParsedContent, message: WholeMessage): ParsedContent | null {
  const { protocolMessage } = message
  if (protocolMessage && protocolMessage.type !== MESSAGE_EDIT) return null
  const editedMessage = protocolMessage ? protocolMessage.editedMessage : message
  const key = { id: opened.replyTo }
  const edit = readContent({ protocolMessage: { type: MESSAGE_EDIT, key, editedMessage } })
  return 'ignored' in edit ? null : edit
}

/** The poll as it is now: its question, and the new option under the others. */
function readAddedOption(
  opened: ParsedContent,
  option: string | null | undefined,
  original: Content,
): ParsedContent | null {
  if (!option) return null
  const body = 'body' in original ? original.body : null
  return { ...opened, body, caption: lines([...optionsOf(original), option]) }
}

function readComment(
  opened: ParsedContent,
  message: WholeMessage,
  original: Content,
  { me }: Me,
): ParsedContent | null {
  const comment = readContent(message)
  if ('ignored' in comment || comment.sealed !== null) return null
  const quoted = quoteOf(opened.replyTo!, original, me)
  return { ...comment, replyTo: opened.replyTo, extras: { ...comment.extras, quoted } }
}

function quoteOf(id: string, original: Content, me: Me['me']): ReceivedExtras['quoted'] {
  const own = 'to' in original
  const body = 'body' in original ? original.body : null
  const caption = 'caption' in original ? original.caption : null
  return {
    message_id: id,
    from: own ? digitsOf(me.id) : original.from,
    from_lid: own ? lidOf(me.lid) : original.from_lid,
    type: original.type,
    text: body ?? caption,
    is_status: false,
  }
}

/** The chosen options, each on a line, none if the vote was taken back; no words if they are none that this poll had. */
function readVote(opened: ParsedContent, hashes: Uint8Array[], original: Content): ParsedContent {
  const chosen = new Set(hashes.map(hash => Buffer.from(hash).toString('hex')))
  const names = optionsOf(original).filter(name =>
    chosen.has(createHash('sha256').update(name).digest('hex')),
  )
  return { ...opened, body: chosen.size > 0 && names.length === 0 ? null : names.join('\n') }
}

function readEventResponse(
  opened: ParsedContent,
  { response, extraGuestCount }: proto.Message.EventResponseMessage,
): ParsedContent | null {
  const name = EventResponseType[response ?? 0]
  if (!name || response === EventResponseType.UNKNOWN) return null
  return { ...opened, body: name.toLowerCase(), caption: extraGuestCount ? `+${extraGuestCount}` : null }
}

/** The options of a poll that was sent, or of one that arrived: there they are the lines of its caption. */
function optionsOf(poll: Content): string[] {
  if (poll.type !== 'poll') return []
  return 'options' in poll ? poll.options : ((poll as ReceivedContent).caption ?? '').split('\n')
}
