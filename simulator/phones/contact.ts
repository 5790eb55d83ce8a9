import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Account, Addressing } from '../accounts/account.ts'
import { Call, type CallOptions } from '../calls/call.ts'
import { tellNumberChange, tellPicture } from '../contacts/contact-changes.ts'
import { readMedia } from '../content/media.ts'
import { pollOf, sealVote } from '../content/polls.ts'
import { editOf, reactionOf, revocationOf } from '../content/revisions.ts'
import type { Spoilt } from '../content/sealing.ts'
import { deliver } from '../delivery.ts'
import { changeGroup } from '../groups/changes.ts'
import { seconds, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'
import { findMessage, messagesOf } from './chat-messages.ts'
import { renderChat, type ViewedMessage } from './chat-view.ts'
import type {
  ContactState,
  CopiedMessage,
  InboxMessage,
  MessageOrigin,
  ReceivedReceipt,
  SentMessage,
} from './contact-state.ts'
import { newTimer, timerMessage } from './context/disappearing.ts'
import { nextMessage } from './next-message.ts'
import { type Presence, type PresenceState, showPresence } from './presence.ts'
import { sendRead } from './receipts.ts'
import { SealedActions } from './sealed/sealed-actions.ts'
import { messageFrom, type Sayable, type SayOptions, send } from './send.ts'

/** A person with a phone: what it can do, and what it knows. Two of the same account are one person. */
export class Contact {
  readonly #world: World
  readonly #state: ContactState

  /** What it adds to messages under their secrets, as edits are sent today. */
  readonly sealed: SealedActions

  constructor(world: World, state: ContactState) {
    this.#world = world
    this.#state = state
    this.sealed = new SealedActions(world, state)
  }

  get account(): Account {
    return this.#state.account
  }

  get pn(): string {
    return this.account.pn
  }

  get name(): string {
    return this.account.name
  }

  /** Every message it decrypted, oldest first. A resend under the same id is a second entry. */
  get inbox(): readonly InboxMessage[] {
    return this.#state.inbox
  }

  /** What its own linked devices sent, as the phone's copies say: `from` is the account itself, `to` the other party. */
  get copies(): readonly CopiedMessage[] {
    return this.#state.copies
  }

  /** Receipts that devices sent for its messages; `delivery` when the receipt has no type. A real phone never learns of `read-self`. */
  get receipts(): readonly ReceivedReceipt[] {
    return this.#state.receipts
  }

  /** What it saw of accounts, oldest first. */
  get presences(): readonly Presence[] {
    return this.#state.presences
  }

  /** Sends a read receipt for each message, one more delay after the delivery receipt. */
  get autoRead(): boolean {
    return this.#state.autoRead
  }

  set autoRead(on: boolean) {
    this.#state.autoRead = on
  }

  /** Sends a delivery receipt for each message. */
  get autoDelivered(): boolean {
    return this.#state.autoDelivered
  }

  set autoDelivered(on: boolean) {
    this.#state.autoDelivered = on
  }

  /**
   * Says something to an account (its phone number) or a group (its jid): text, something with a file, or any message. Resolves
   * with the id once it is encrypted and kept for each linked device, which may be away. Rejects for a number without an account
   * and for a group it is not in.
   */
  say(to: string, content: Sayable, options: SayOptions = {}): Promise<{ id: string }> {
    return send(this.#world, this.#state, to, content, options)
  }

  /**
   * Lets messages of a chat disappear after so many seconds, 0 to let them stay, and tells the others. Untold, they learn it from what
   * it says next.
   */
  async disappear(
    to: string,
    expiration: number,
    { untold = false, ...how }: SayOptions & { untold?: boolean } = {},
  ): Promise<void> {
    const group = this.#world.groups.get(to)
    if (group && !untold) {
      const setting = expiration
        ? { setting: 'ephemeral', attributes: { expiration: String(expiration) } }
        : { setting: 'not_ephemeral' }
      changeGroup(this.#world, group, [setting], { author: this.pn })
      return
    }
    const timer = newTimer(this.#world, this.account, to, expiration)
    if (!untold) await this.say(to, timerMessage(timer), how)
  }

  /** Puts other content in the place of what it said. Rejects for what another said. */
  async edit(to: string, id: string, content: Sayable, options: SayOptions = {}): Promise<{ id: string }> {
    const { key, message } = this.#find(to, id, options)
    if (!key.fromMe) throw new Error(`${this.pn} did not say ${id}`)
    return this.say(to, editOf(key, await messageFrom(this.#world, content), message), options)
  }

  /** Deletes what it said for everybody, or, in a group that it made, what another said. */
  async revoke(to: string, id: string, options: SayOptions = {}): Promise<{ id: string }> {
    const { key } = this.#find(to, id, options)
    if (!key.fromMe && this.#world.groups.get(to)?.members[0] !== this.pn)
      throw new Error(`${this.pn} may not delete ${id}`)
    return this.say(to, revocationOf(key), options)
  }

  /** Reacts to a message; an empty emoji takes the reaction back. */
  async react(to: string, id: string, emoji: string, options: SayOptions = {}): Promise<{ id: string }> {
    return this.say(to, reactionOf(this.#find(to, id, options).key, emoji), options)
  }

  /** Votes in a poll; no answers take the vote back. Rejects for an answer the poll does not have. */
  async vote(
    to: string,
    id: string,
    answers: string[],
    options: SayOptions & { spoilt?: Spoilt } = {},
  ): Promise<{ id: string }> {
    const { spoilt, ...said } = options
    const { key, author, message } = this.#find(to, id, options)
    const poll = pollOf(message)
    const unknown = answers.find(answer => !poll?.options.includes(answer))
    if (!poll || unknown !== undefined) throw new Error(`${id} is no poll with ${unknown ?? 'answers'}`)
    const lid = (this.#world.groups.get(to)?.addressing ?? options.addressing) === 'lid'
    const [creator, voter] = [author, this.account].map(one => (lid ? one.lidJid : one.jid))
    const ballot = { pollId: id, secret: poll.secret, creator: creator!, voter: voter! }
    const vote = sealVote(answers, ballot, spoilt)
    const about = { pollCreationMessageKey: key, vote, senderTimestampMs: Date.now() }
    return this.say(to, { pollUpdateMessage: about }, said)
  }

  /** Tells an account (its phone number) that its number is another one now, and changes nothing else: `Simulator.changeNumber` does. */
  tellNumberChange(to: string, newNumber: string): string {
    const { accounts } = this.#world
    return tellNumberChange(
      this.#world,
      accounts.ensure(to),
      this.account,
      accounts.ensure(newNumber, this.name),
    )
  }

  /** Changes its picture, or takes it away: who knows it is told. */
  changePicture(to: string, options: Parameters<typeof tellPicture>[3] = {}): string {
    return tellPicture(this.#world, this.#world.accounts.ensure(to), this.account, options)
  }

  /** Gives an account (its phone number) a token, with which it is no stranger any more; its linked devices are notified. */
  giveToken(to: string): void {
    const { account } = this
    const target = this.#world.accounts.ensure(to)
    const token = target.firstContacts.giveFrom(account.lidJid)
    for (const device of target.devices.values()) {
      const given = { jid: device.jid, t: seconds(), type: 'trusted_contact' }
      const id = randomBytes(8).toString('hex')
      const about = { from: account.jid, type: 'privacy_token', id, t: seconds(), sender_lid: account.lidJid }
      const node = stanza('notification', about, [stanza('tokens', {}, [stanza('token', given, token)])])
      deliver(this.#world, device, { kind: 'notification', id, from: account.pn, node, peer: false })
    }
  }

  /** Calls an account (its phone number), or all others of a group (its jid). Throws for who is not there. */
  call(to: string, options: CallOptions = {}): Call {
    const target = this.#world.groups.get(to) ?? this.#world.accounts.get(to)
    if (!target) throw new Error(`${to} has no account here`)
    const call = new Call((...kept) => deliver(this.#world, ...kept), this.account, target, options)
    this.#world.calls.set(call.id, call)
    call.offer()
    return call
  }

  /**
   * What this person sees in a chat (a phone number, or a group's jid): messages by id after edits, deletions, reactions and votes.
   * The phone of an account with linked devices has only what it said and what its devices sent.
   */
  view(chat: string): Map<string, ViewedMessage> {
    return renderChat(this.#world, messagesOf(this.#state, chat), this.#world.groups.get(chat))
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
  said(id: string): SentMessage | undefined {
    return this.#state.sent.get(id)
  }

  /** Sends a read receipt for a message in the inbox. Throws for an id that is not there. */
  read(id: string): void {
    sendRead(this.#world, this.#state, this.#originOf(id), id, 'read')
  }

  /** Sends a played receipt, as for a voice message that was heard. Throws for an id that is not there. */
  played(id: string): void {
    sendRead(this.#world, this.#state, this.#originOf(id), id, 'played')
  }

  /** Shows an account's active devices that it is there, types or records. Throws for a number without an account. */
  showPresence(
    to: string,
    state: PresenceState,
    { addressing = 'pn' }: { addressing?: Addressing } = {},
  ): void {
    const target = this.#world.accounts.get(to)
    if (!target) throw new Error(`${to} has no account here`)
    showPresence(this.account, target, state, addressing)
  }

  /** The next inbox message that no earlier call returned; rejects after `timeoutMs`. */
  next(timeoutMs = 10_000): Promise<InboxMessage> {
    return nextMessage(this.#world, this.#state, timeoutMs)
  }

  /** Loses the Signal sessions with an account's devices and their sender keys, as a reinstalled phone does: their next message cannot be decrypted. */
  async forgetSessions(pn: string): Promise<void> {
    const devices = this.#world.accounts.get(pn)?.devices.values() ?? []
    for (const device of devices) {
      await this.account.signal.forget(device.lidJid)
      await this.account.signal.dropSenderKeys(device.lidJid)
      this.#state.senderKeys.forget(device)
    }
  }

  #find(chat: string, id: string, { addressing }: SayOptions) {
    return findMessage(this.#world, this.#state, chat, id, addressing)
  }

  #originOf(id: string): MessageOrigin {
    const origin = this.#state.origins.get(id)
    if (!origin) throw new Error(`${this.pn} has no message ${id} from a device`)
    return origin
  }
}
