import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { BinaryNode, proto } from '@whiskeysockets/baileys'
import type { Account, Device, InboxMessage } from '../accounts/account.ts'
import { isMediaContent, type MediaContent, mediaMessage, readMedia } from '../content/media.ts'
import { type PollContent, pollMessage, pollOf, sealVote } from '../content/polls.ts'
import { editOf, reactionOf, revocationOf } from '../content/revisions.ts'
import { textOf } from '../content/text.ts'
import type { Addressing, Group } from '../groups/group.ts'
import { type Presence, type PresenceState, showPresence } from '../server/presence.ts'
import type { Ciphertext } from '../signal/endpoint.ts'
import type { World } from '../world.ts'
import { type Found, findIn, type Known, linesOf } from './chat-messages.ts'
import { play, type ViewedMessage } from './chat-view.ts'
import { answerPeerRequest } from './peer-messages.ts'
import { type Addressee, ContactReceipts, inGroup, type Source } from './receipts.ts'
import { encryptTo, readRetry, type Said } from './send-to-device.ts'
import { GroupVoice } from './send-to-group.ts'

const REMEMBERED = 5_000
const MAX_RETRIES = 3

/** Text, something with a file that is encrypted and put on the media host, a poll, or a message as it is. */
export type Sayable = string | MediaContent | PollContent | proto.IMessage

export type SayOptions = {
  /** Which of the two addresses the sender uses; `pn` unless given. A group has its own. */
  addressing?: Addressing
  /** The message id; random unless given. */
  id?: string
  /**
   * It arrives without content, and linked devices must ask their own phone for it (`PLACEHOLDER_MESSAGE_RESEND`). A string is the
   * `type` of `<unavailable>`; Baileys does not ask for `view_once` and the `…_unavailable_fanout` types.
   */
  unavailable?: true | string
}

/** What a device sent to a phone: the `<enc>` nodes for it, and `t` as the server stamped it. */
export type Arrival = {
  device: Device
  id: string
  t: string
  addressee: Addressee
  group: Group | undefined
  encs: readonly Ciphertext[]
}

/** A person with a phone: encrypts to every linked device of an account, decrypts what comes, sends receipts. */
export class Contact {
  readonly account: Account
  /** Every message it decrypted, oldest first. A resend under the same id is a second entry. */
  readonly inbox: InboxMessage[] = []
  /** What its own linked devices sent, as the phone's copies say: `from` is the account itself, `to` the other party. */
  readonly copies: (InboxMessage & { to: string })[] = []
  /** Receipts that devices sent for its messages; `delivery` when the receipt has no type. A real phone never learns of `read-self`. */
  readonly receipts: { id: string; type: string; device: string; at: number }[] = []
  /** What it saw of accounts, oldest first. */
  readonly presences: Presence[] = []
  /** Sends a read receipt for each message, one more delay after the delivery receipt. */
  autoRead = false
  /** Sends a delivery receipt for each message. */
  autoDelivered = true
  readonly #world: World
  readonly #voice: GroupVoice
  readonly #sent: ContactReceipts
  readonly #said = new Map<string, Said>()
  readonly #sources = new Map<string, Source>()
  readonly #retries = new Map<string, number>()
  #next = 0

  constructor(world: World, account: Account) {
    this.#world = world
    this.account = account
    this.#voice = new GroupVoice(world, account)
    this.#sent = new ContactReceipts(world, account)
  }

  get pn(): string {
    return this.account.pn
  }

  get name(): string {
    return this.account.name
  }

  /**
   * Says something to an account (its phone number) or a group (its jid): text, something with a file, or any message. Resolves
   * with the id once it is encrypted and kept for each linked device, which may be away. Rejects for a number without an account
   * and for a group it is not in.
   */
  async say(to: string, content: Sayable, options: SayOptions = {}): Promise<{ id: string }> {
    const id = options.id ?? `3EB0${randomBytes(8).toString('hex').toUpperCase()}`
    const message = await this.#messageOf(content)
    const said: Said = { message, to, addressing: options.addressing ?? 'pn', at: Date.now() }
    if (options.unavailable) said.unavailable = options.unavailable
    if (to.endsWith('@g.us')) await this.#sayToGroup(to, id, said)
    else await this.#sayDirectly(to, id, said)
    return { id }
  }

  /** Puts other content in the place of what it said. Rejects for what another said. */
  async edit(to: string, id: string, content: Sayable, options: SayOptions = {}): Promise<{ id: string }> {
    const { key } = this.#find(to, id)
    if (!key.fromMe) throw new Error(`${this.pn} did not say ${id}`)
    return this.say(to, editOf(key, await this.#messageOf(content)), options)
  }

  /** Deletes what it said for everybody, or, in a group that it made, what another said. */
  async revoke(to: string, id: string, options: SayOptions = {}): Promise<{ id: string }> {
    const { key } = this.#find(to, id)
    if (!key.fromMe && this.#world.groups.get(to)?.members[0] !== this.pn)
      throw new Error(`${this.pn} may not delete ${id}`)
    return this.say(to, revocationOf(key), options)
  }

  /** Reacts to a message; an empty emoji takes the reaction back. */
  async react(to: string, id: string, emoji: string, options: SayOptions = {}): Promise<{ id: string }> {
    return this.say(to, reactionOf(this.#find(to, id).key, emoji), options)
  }

  /** Votes in a poll; no answers take the vote back. Rejects for an answer the poll does not have. */
  async vote(to: string, id: string, answers: string[], options: SayOptions = {}): Promise<{ id: string }> {
    const { key, author, message } = this.#find(to, id)
    const poll = pollOf(message)
    const unknown = answers.find(answer => !poll?.options.includes(answer))
    if (!poll || unknown !== undefined) throw new Error(`${id} is no poll with ${unknown ?? 'answers'}`)
    const lid = (this.#world.groups.get(to)?.addressing ?? options.addressing) === 'lid'
    const [creator, voter] = [author, this.account].map(one => (lid ? one.lidJid : one.jid))
    const vote = sealVote(answers, { pollId: id, secret: poll.secret, creator: creator!, voter: voter! })
    const about = { pollCreationMessageKey: key, vote, senderTimestampMs: Date.now() }
    return this.say(to, { pollUpdateMessage: about }, options)
  }

  /**
   * What this person sees in a chat (a phone number, or a group's jid): messages by id after edits, deletions, reactions and votes.
   * The phone of an account with linked devices has only what it said and what its devices sent.
   */
  view(chat: string): Map<string, ViewedMessage> {
    return play(this.#world, linesOf(this.#known, chat), this.#world.groups.get(chat))
  }

  /** The file of a message, decrypted. Rejects when the host has it no more, or when MAC, length or hash are wrong. */
  async download({ message }: Pick<InboxMessage, 'message'>): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const chunk of readMedia(this.#world.media, message)) chunks.push(chunk)
    return Buffer.concat(chunks)
  }

  /** The same, streamed to a file. */
  save({ message }: Pick<InboxMessage, 'message'>, file: string): Promise<void> {
    return pipeline(readMedia(this.#world.media, message), createWriteStream(file))
  }

  /** What it said under that id, if it was among the last few thousand. */
  recall(id: string): Said | undefined {
    return this.#said.get(id)
  }

  /** Sends a read receipt for a message in the inbox. Throws for an id that is not there. */
  read(id: string): void {
    this.#mark(this.#sourceOf(id), id, 'read')
  }

  /** Sends a played receipt, as for a voice message that was heard. Throws for an id that is not there. */
  played(id: string): void {
    this.#mark(this.#sourceOf(id), id, 'played')
  }

  /** Shows an account's active devices that it is there, types or records. Throws for a number without an account. */
  show(to: string, state: PresenceState, { addressing = 'pn' }: { addressing?: Addressing } = {}): void {
    const target = this.#world.accounts.get(to)
    if (!target) throw new Error(`${to} has no account here`)
    showPresence(this.account, target, state, addressing)
  }

  /** Takes what it sees of an account. */
  see(presence: Presence): void {
    this.presences.push(presence)
    this.#world.events.emit('presence', { contact: this.pn, presence })
  }

  /** The next inbox message that no earlier call returned; rejects after `timeoutMs`. */
  next(timeoutMs = 10_000): Promise<InboxMessage> {
    const wanted = this.#next++
    const there = this.inbox[wanted]
    if (there) return Promise.resolve(there)
    const { events } = this.#world
    return new Promise((resolve, reject) => {
      const look = () => {
        const message = this.inbox[wanted]
        if (!message) return
        clearTimeout(timer)
        events.off('message', look)
        resolve(message)
      }
      const timer = setTimeout(() => {
        events.off('message', look)
        reject(new Error(`${this.pn} got no message within ${timeoutMs} ms`))
      }, timeoutMs)
      events.on('message', look)
    })
  }

  /** Loses the Signal sessions with an account's devices and their sender keys, as a reinstalled phone does: their next message cannot be decrypted. */
  async forgetSessions(pn: string): Promise<void> {
    const devices = this.#world.accounts.get(pn)?.devices.values() ?? []
    for (const device of devices) {
      await this.account.signal.forget(device.lidJid)
      await this.account.signal.dropSenderKeys(device.lidJid)
      this.#voice.forget(device)
    }
  }

  /** Takes what a device sent to this phone: decrypts, files and answers with receipts. */
  async receive(arrival: Arrival): Promise<void> {
    const { device, id, addressee, group, encs } = arrival
    const { signal } = this.account
    let message: proto.IMessage
    try {
      message = group
        ? await signal.decryptFromGroup(group.jid, device.lidJid, encs)
        : await signal.decrypt(device.lidJid, encs[0]!)
    } catch (error) {
      return this.#askAgain(arrival, error instanceof Error ? error.message : String(error))
    }
    const request = message.deviceSentMessage?.message?.protocolMessage?.peerDataOperationRequestMessage
    if (device.account === this.account)
      return request ? answerPeerRequest(this.#world, device, id, request) : this.#fileCopy(arrival, message)
    const at = Date.now()
    const from = device.account.pn
    const source: Source = { device, addressee, group, delivered: false }
    if (!group) this.account.meet(device.account)
    this.#remember(this.#sources, id, source)
    this.#world.ledger.received.push({ id, from, to: this.pn, device: device.jid, at, ...inGroup(group) })
    const line = { id, from, device: device.jid, group: group?.jid ?? null, text: textOf(message), at }
    this.#file({ ...line, message })
    if (!this.autoDelivered) return
    const delay = this.#world.options.receiptDelayMs
    this.#world.later(delay, () => {
      this.#sent.delivered(source, id)
      if (this.autoRead) this.#world.later(delay, () => this.#mark(source, id, 'read'))
    })
  }

  /** Takes a receipt that a device sent for one of this contact's messages. */
  noteReceipt(id: string, type: string, device: string): void {
    this.receipts.push({ id, type, device, at: Date.now() })
    this.#world.events.emit('receipt', { contact: this.pn, id, type, device })
  }

  /** Answers a device's retry receipt: encrypts the same message again in a new session, under the same id. */
  async resend(device: Device, receipt: BinaryNode): Promise<void> {
    const id = receipt.attrs.id ?? ''
    const said = this.#said.get(id)
    const retry = readRetry(receipt)
    if (!said || retry.count > MAX_RETRIES) return
    if (said.group) return this.#voice.resend(said.group, device, id, said, retry)
    await this.account.signal.forget(device.lidJid)
    await encryptTo(this.#world, this.account, device, id, said, retry)
  }

  get #known(): Known {
    return { account: this.account, inbox: this.inbox, copies: this.copies, said: this.#said }
  }

  #find(chat: string, id: string): Found {
    return findIn(this.#world, this.#known, chat, id)
  }

  async #messageOf(content: Sayable): Promise<proto.IMessage> {
    if (typeof content === 'string') return { conversation: content }
    if ('poll' in content) return pollMessage(content)
    return isMediaContent(content) ? mediaMessage(this.#world.media, content) : content
  }

  async #sayDirectly(to: string, id: string, said: Said) {
    const target = this.#world.accounts.get(to)
    if (!target) throw new Error(`${to} has no account here`)
    const { message } = said
    this.account.meet(target)
    this.#remember(this.#said, id, said)
    this.#world.ledger.said.push({ id, from: this.pn, to, at: said.at })
    const work: Promise<void>[] = []
    for (const device of target.devices.values())
      work.push(encryptTo(this.#world, this.account, device, id, said))
    const recipient = said.addressing === 'lid' ? target.lidJid : target.jid
    const { addressing, at } = said
    const copied = { deviceSentMessage: { destinationJid: recipient, message } }
    const copy: Said = { message: copied, to, addressing, at, recipient }
    for (const device of this.account.devices.values())
      work.push(encryptTo(this.#world, this.account, device, id, copy))
    if (target.devices.size === 0) this.#handOver(target, id, message)
    await Promise.all(work)
  }

  async #sayToGroup(to: string, id: string, saying: Said) {
    const { message, at } = saying
    const group = this.#world.groups.get(to)
    if (!group?.accounts.has(this.account)) throw new Error(`${this.pn} is in no group ${to}`)
    const said: Said = { ...saying, addressing: group.addressing, group }
    this.#remember(this.#said, id, said)
    this.#world.ledger.said.push({ id, from: this.pn, to, at, group: to })
    for (const member of group.accounts)
      if (member !== this.account && member.devices.size === 0) this.#handOver(member, id, message, group)
    await this.#voice.say(group, id, said)
  }

  /** A target without linked devices is another simulated phone: no wire lies between. */
  #handOver(target: Account, id: string, message: proto.IMessage, group?: Group) {
    const other = contactOf(this.#world, target)
    other.#file({
      id,
      from: this.pn,
      device: this.account.jid,
      group: group?.jid ?? null,
      text: textOf(message),
      at: Date.now(),
      message,
    })
  }

  /** What an own linked device sent: a copy made for this phone, or in a group the message that all got. */
  #fileCopy({ device, id, group }: Arrival, message: proto.IMessage) {
    const copied = message.deviceSentMessage?.message ?? (group && message)
    if (!copied) return
    const destination = message.deviceSentMessage?.destinationJid ?? undefined
    const to = group?.jid ?? this.#world.accounts.resolve(destination)?.account.pn ?? ''
    const line = { id, from: this.pn, device: device.jid, group: group?.jid ?? null, text: textOf(copied) }
    this.copies.push({ ...line, at: Date.now(), message: copied, to })
  }

  #sourceOf(id: string): Source {
    const source = this.#sources.get(id)
    if (!source) throw new Error(`${this.pn} has no message ${id} from a device`)
    return source
  }

  #file(message: InboxMessage) {
    this.inbox.push(message)
    this.#world.events.emit('message', { contact: this.pn, message })
  }

  /** A phone never reads what it did not report as delivered. */
  #mark(source: Source, id: string, type: 'read' | 'played') {
    if (this.autoDelivered) this.#sent.delivered(source, id)
    this.#sent.send(source, id, type)
  }

  #askAgain(arrival: Arrival, reason: string) {
    const { device, id, t, group } = arrival
    const count = (this.#retries.get(id) ?? 0) + 1
    const line = { id, from: device.account.pn, to: this.pn, device: device.jid, at: Date.now(), reason }
    this.#world.ledger.undecryptable.push({ ...line, ...inGroup(group) })
    if (count > MAX_RETRIES) return
    this.#remember(this.#retries, id, count)
    this.#sent.retry(arrival, id, count, t)
  }

  #remember<T>(map: Map<string, T>, id: string, value: T) {
    map.set(id, value)
    if (map.size > REMEMBERED) map.delete(map.keys().next().value!)
  }
}

/** The contact that talks for an account; one per account. */
export function contactOf(world: World, account: Account): Contact {
  const contact = world.contacts.get(account) ?? new Contact(world, account)
  world.contacts.set(account, contact)
  return contact
}
