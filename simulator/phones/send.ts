import { randomBytes } from 'node:crypto'
import type { BinaryNode, proto } from '@whiskeysockets/baileys'
import type { Account, Addressing, Device } from '../accounts/account.ts'
import { type BusinessContent, businessMessage, isBusinessContent } from '../content/business.ts'
import { withContext } from '../content/context.ts'
import { childContext, childOf, type DualMedia, parentContext } from '../content/dual-media.ts'
import { isMediaContent, type MediaContent, mediaMessage } from '../content/media.ts'
import { type PollContent, pollMessage } from '../content/polls.ts'
import { knownPart, type RawContent } from '../content/raw.ts'
import { hidesWhenUnreadable } from '../content/revisions.ts'
import { isTapContent, type TapContent, tapMessage } from '../content/taps.ts'
import { textOf } from '../content/text.ts'
import { forLinkedDevices, isViewOnceStub, type ViewOnce } from '../content/view-once.ts'
import { wire } from '../content/wire.ts'
import type { Group } from '../groups/group.ts'
import { contactOf, type World } from '../world.ts'
import { findMessage } from './chat-messages.ts'
import type { ContactState, SentMessage } from './contact-state.ts'
import { timerContext } from './context/disappearing.ts'
import { type SaidBeside, saidContext } from './context/said-context.ts'
import { addToInbox, MAX_RETRIES } from './receive.ts'
import { readRetry } from './retry-receipt.ts'
import { sendToDevice } from './send-to-device.ts'
import { resendToGroupMember, sendToGroup } from './send-to-group.ts'

/** Text, something with a file that is encrypted and put on the media host, a poll, what businesses say and people tap, a message as it is, or its encoding. */
export type Sayable =
  | string
  | MediaContent
  | PollContent
  | BusinessContent
  | TapContent
  | RawContent
  | proto.IMessage

export type SayOptions = SaidBeside & {
  /** Which of the two addresses the sender uses; `pn` unless given. A group has its own. */
  addressing?: Addressing
  /** The message id; random unless given. */
  id?: string
  /**
   * It arrives without content, and linked devices must ask their own phone for it (`PLACEHOLDER_MESSAGE_RESEND`). A string is the
   * `type` of `<unavailable>`, `absent` that there is not even that; Baileys does not ask for `view_once` and the `…_unavailable_fanout` types.
   */
  unavailable?: true | string
  /** A status: it comes from `status@broadcast`. */
  status?: true
  /** Its stanza names people by the address that is used, and by no other. */
  anonymous?: true
  /** It lacks the timer of a chat whose messages disappear. */
  forgetsTimer?: true
  /** When the server got it, in ms since 1970; now unless given. */
  at?: number
  /** The same in another quality, or the moving part of a photo, follows; or it is that of an earlier message, or of an album. */
  parentOf?: DualMedia
  childOf?: { id: string; as: DualMedia | 'album' }
  /** `<meta>` of its stanza, such as `{ polltype: 'creation' }`. */
  meta?: Record<string, string>
  /** What linked devices get of media with `viewOnce`; `stub` unless given. */
  viewOnce?: ViewOnce
  /** The `type` of its stanza, if it is another than its content has. */
  stanzaType?: string
}

/** Sends a message to an account (its phone number) or a group (its jid), as `Contact.say`. */
export async function send(
  world: World,
  contact: ContactState,
  to: string,
  content: Sayable,
  options: SayOptions,
): Promise<{ id: string }> {
  const id = options.id ?? `3EB0${randomBytes(8).toString('hex').toUpperCase()}`
  const addressing = options.addressing ?? 'pn'
  const said = paired(world, contact, to, await messageFrom(world, inPair(content, options)), options)
  const context = {
    ...saidContext(world, contact, to, addressing, options),
    ...(options.forgetsTimer || options.status ? {} : timerContext(world, contact.account, to, said)),
  }
  const message = withSecret(Object.keys(context).length > 0 ? withContext(said, context) : said)
  const at = options.at ?? Date.now()
  const sent: SentMessage = { message, to, addressing, at }
  const { unavailable, meta, stanzaType, status, anonymous } = options
  Object.assign(sent, unavailable && { unavailable }, meta && { meta }, stanzaType && { stanzaType })
  Object.assign(sent, status && { status }, anonymous && { anonymous })
  if (typeof content === 'object' && 'viewOnce' in content) sent.viewOnce = options.viewOnce ?? 'stub'
  if (typeof content === 'object' && 'raw' in content) sent.raw = content.raw
  if (to.endsWith('@g.us')) await sendInGroup(world, contact, to, id, sent)
  else await sendDirectly(world, contact, to, id, sent)
  return { id }
}

function inPair(content: Sayable, { parentOf, childOf }: SayOptions): Sayable {
  const kind = parentOf ?? (childOf?.as === 'album' ? undefined : childOf?.as)
  if (!kind || typeof content !== 'object' || !isMediaContent(content)) return content
  return { ...content, contextInfo: parentOf ? parentContext(kind) : childContext(kind) } as MediaContent
}

function paired(
  world: World,
  contact: ContactState,
  to: string,
  message: proto.IMessage,
  { childOf: child }: SayOptions,
): proto.IMessage {
  return child ? childOf(findMessage(world, contact, to, child.id).key, child.as, message) : message
}

/** The message that carries this content; a file is encrypted and put on the media host. */
export async function messageFrom(world: World, content: Sayable): Promise<proto.IMessage> {
  if (typeof content === 'string') return { conversation: content }
  if ('poll' in content) return pollMessage(content)
  if ('raw' in content) return knownPart(content.raw)
  if (isTapContent(content)) return tapMessage(content)
  if (isBusinessContent(content)) return businessMessage(world.media, content)
  return isMediaContent(content) ? mediaMessage(world.media, content) : content
}

/** A phone makes a secret for each message, under which others seal what they add to it; what only changes another one has none. */
function withSecret(message: proto.IMessage): proto.IMessage {
  const { messageContextInfo } = message
  if (messageContextInfo?.messageSecret || hidesWhenUnreadable(message) || message.protocolMessage)
    return message
  return { ...message, messageContextInfo: { ...messageContextInfo, messageSecret: randomBytes(32) } }
}

/** Answers a device's retry receipt: encrypts the same message again in a new session, under the same id. */
export async function resend(
  world: World,
  contact: ContactState,
  device: Device,
  receipt: BinaryNode,
): Promise<void> {
  const id = receipt.attrs.id ?? ''
  const sent = contact.sent.get(id)
  const retry = readRetry(receipt)
  if (!sent || retry.count > MAX_RETRIES) return
  if (sent.group) return resendToGroupMember(world, contact, sent.group, device, id, sent, retry)
  await contact.account.signal.forget(device.lidJid)
  await sendToDevice(world, contact.account, device, id, sent, retry)
}

async function sendDirectly(world: World, contact: ContactState, to: string, id: string, sent: SentMessage) {
  const { account } = contact
  const target = world.accounts.get(to)
  if (!target) throw new Error(`${to} has no account here`)
  const { message } = sent
  account.addDirectChat(target)
  contact.sent.set(id, sent)
  world.ledger.said.push({ id, from: account.pn, to, at: sent.at })
  const work: Promise<void>[] = []
  for (const device of target.devices.values()) work.push(sendInTurn(world, account, device, id, sent))
  const recipient = sent.addressing === 'lid' ? target.lidJid : target.jid
  const copy: SentMessage = { ...sent, ...ownCopy(recipient, sent), recipient }
  // Own devices get a copy of all but what may be seen once.
  if (!isViewOnceStub(sent)) delete copy.unavailable
  for (const device of account.devices.values()) work.push(sendInTurn(world, account, device, id, copy))
  target.alert()
  if (target.devices.size === 0) handOver(world, account, target, id, message)
  await Promise.all(work)
}

async function sendInGroup(
  world: World,
  contact: ContactState,
  to: string,
  id: string,
  message: SentMessage,
) {
  const { account } = contact
  const group = world.groups.get(to)
  if (!group?.accounts.has(account)) throw new Error(`${account.pn} is in no group ${to}`)
  const sent: SentMessage = { ...message, addressing: group.addressing, group }
  contact.sent.set(id, sent)
  world.ledger.said.push({ id, from: account.pn, to, at: sent.at, group: to })
  for (const member of group.accounts)
    if (member !== account && member.devices.size === 0)
      handOver(world, account, member, id, sent.message, group)
  for (const member of group.accounts) if (member !== account) member.alert()
  for (const one of forLinkedDevices(sent)) await sendToGroup(world, contact, group, id, one)
}

async function sendInTurn(world: World, account: Account, device: Device, id: string, sent: SentMessage) {
  for (const one of forLinkedDevices(sent)) await sendToDevice(world, account, device, id, one)
}

/** What the own linked devices get of a message. */
function ownCopy(recipient: string, { message, raw }: SentMessage): Pick<SentMessage, 'message' | 'raw'> {
  // The secret lies beside what was sent, not inside.
  const { messageContextInfo, ...inside } = message
  const copied = {
    message: {
      deviceSentMessage: { destinationJid: recipient, message: inside },
      ...(messageContextInfo && { messageContextInfo }),
    },
  }
  return raw ? { ...copied, raw: wire({ 31: { 1: recipient, 2: raw } }) } : copied
}

/** A target without linked devices is another simulated phone: no wire lies between. */
function handOver(
  world: World,
  from: Account,
  target: Account,
  id: string,
  message: proto.IMessage,
  group?: Group,
) {
  addToInbox(world, contactOf(world, target), {
    id,
    from: from.pn,
    device: from.jid,
    group: group?.jid ?? null,
    text: textOf(message),
    at: Date.now(),
    message,
  })
}
