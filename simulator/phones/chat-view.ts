import { extractMessageContent, proto } from '@whiskeysockets/baileys'
import type { Account } from '../accounts/account.ts'
import { mediaOf } from '../content/media.ts'
import { openVote, pollOf } from '../content/polls.ts'
import { isSealed, openSealed, targetOf } from '../content/sealed-messages.ts'
import { textOf } from '../content/text.ts'
import type { Group } from '../groups/group.ts'
import type { World } from '../world.ts'
import type { ChatMessage } from './chat-messages.ts'

/** One message as a person sees it now. */
export type ViewedMessage = {
  id: string
  /** Phone number of who said it. */
  from: string
  /** Empty once deleted, and for what has no text. */
  text: string
  edited: boolean
  deleted: boolean
  /** Emoji by phone number. */
  reactions: Record<string, string>
  /** Answers of a poll by phone number of the voter. */
  votes: Record<string, string[]>
  /** The content as last edited; empty once deleted. */
  message: proto.IMessage
}

const { Type } = proto.Message.ProtocolMessage

/**
 * Renders a chat: the messages in the order in which they came, after edits, deletions, reactions and votes. As on a phone, only
 * the author edits, the author or whoever made the group deletes, and a second message under the same id is not shown.
 */
export function renderChat(
  world: World,
  messages: readonly ChatMessage[],
  group: Group | undefined,
): Map<string, ViewedMessage> {
  const seen = new Map<string, ViewedMessage>()
  const revisions: ChatMessage[] = []
  for (const line of messages.toSorted((one, other) => one.at - other.at)) {
    const { id, from, message } = line
    const content = extractMessageContent(message) ?? {}
    if (isSealed(message)) revisions.push(line)
    else if (content.protocolMessage || content.reactionMessage || content.pollUpdateMessage)
      revisions.push(line)
    else if (!seen.has(id) && !isKeyOnly(content)) seen.set(id, { id, from, ...asSent(message) })
  }
  for (const line of revisions) revise(world, seen, line, group)
  return seen
}

const asSent = (message: proto.IMessage) => ({
  text: textOf(message),
  edited: false,
  deleted: false,
  reactions: {},
  votes: {},
  message,
})

const isKeyOnly = (content: proto.IMessage) =>
  Object.entries(content).every(([name, part]) => !part || name === 'senderKeyDistributionMessage')

function revise(world: World, seen: Map<string, ViewedMessage>, line: ChatMessage, group: Group | undefined) {
  const { from } = line
  const message = isSealed(line.message) ? openLine(world, seen, line) : line.message
  const { protocolMessage, reactionMessage, pollUpdateMessage } = extractMessageContent(message) ?? {}
  const key = protocolMessage?.key ?? reactionMessage?.key ?? pollUpdateMessage?.pollCreationMessageKey
  const item = seen.get(key?.id ?? '')
  if (!item || item.deleted) return
  if (protocolMessage?.type === Type.REVOKE && (from === item.from || from === group?.members[0]))
    Object.assign(item, asSent({}), { deleted: true })
  if (protocolMessage?.type === Type.MESSAGE_EDIT && from === item.from) {
    const edited = editedFrom(item.message, protocolMessage.editedMessage ?? {})
    const { messageContextInfo } = item.message
    const kept = messageContextInfo && !edited.messageContextInfo ? { ...edited, messageContextInfo } : edited
    Object.assign(item, { edited: true, message: kept, text: textOf(edited) })
  }
  if (reactionMessage?.text) item.reactions[from] = reactionMessage.text
  else if (reactionMessage) delete item.reactions[from]
  const vote = pollUpdateMessage?.vote && readVote(world, item, from, pollUpdateMessage.vote)
  if (vote) item.votes[from] = vote
}

/** What a sealed line says, as if it had been said plainly; nothing if it cannot be opened. */
function openLine(world: World, seen: Map<string, ViewedMessage>, { from, message }: ChatMessage) {
  const item = seen.get(targetOf(message)?.id ?? '')
  const secret = item?.message.messageContextInfo?.messageSecret
  if (!item || !secret) return {}
  const addresses = (pn: string) => addressesOf(world.accounts.get(pn))
  for (const author of addresses(item.from))
    for (const by of addresses(from)) {
      const opened = openSealed(message, { secret, id: item.id, author, by })
      if (opened) return opened
    }
  return {}
}

/** What stays of a file is its file; words that do not come as its caption are not shown (whatsmeow, issue 684). */
function editedFrom(original: proto.IMessage, edited: proto.IMessage): proto.IMessage {
  const file = mediaOf(original)
  if (!file) return edited
  const kind = `${file.kind}Message` as const
  const caption = extractMessageContent(edited)?.[kind as 'imageMessage']?.caption
  return { [kind]: { ...file.media, caption: caption ?? null } }
}

/** Clients write jids by number or by LID: whichever opens it. */
function readVote(world: World, item: ViewedMessage, from: string, vote: proto.Message.IPollEncValue) {
  const poll = pollOf(item.message)
  if (!poll) return undefined
  const names = (pn: string) => addressesOf(world.accounts.get(pn))
  for (const creator of names(item.from)) {
    for (const voter of names(from)) {
      const chosen = openVote(vote, poll.options, { pollId: item.id, secret: poll.secret, creator, voter })
      if (chosen) return chosen
    }
  }
  return undefined
}

const addressesOf = (account: Account | undefined) => (account ? [account.jid, account.lidJid] : [])
