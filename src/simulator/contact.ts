import { randomBytes } from 'node:crypto'
import type { BinaryNode, proto } from '@whiskeysockets/baileys'
import type { Account, Device, InboxMessage } from './accounts.ts'
import { keep } from './delivery.ts'
import type { Ciphertext } from './signal.ts'
import {
  type Bundle,
  bundleNodes,
  bytesOf,
  child,
  children,
  readPreKey,
  readSignedPreKey,
  seconds,
  stanza,
} from './stanza.ts'
import type { World } from './world.ts'

const REMEMBERED = 5_000
const MAX_RETRIES = 3

export type SayOptions = {
  /** Which of the two addresses the sender uses; `pn` unless given. */
  addressing?: 'pn' | 'lid'
  /** The message id; random unless given. */
  id?: string
}

type Said = { message: proto.IMessage; addressing: 'pn' | 'lid'; at: number; recipient?: string }
type Source = { device: Device; to: string; delivered: boolean }

/** A person with a phone: encrypts to every linked device of an account, decrypts what comes, sends receipts. */
export class Contact {
  readonly account: Account
  /** Every message it decrypted, oldest first. A resend under the same id is a second entry. */
  readonly inbox: InboxMessage[] = []
  /** What its own linked devices sent, as the phone's copies say: `from` is the account itself, `to` the other party. */
  readonly copies: (InboxMessage & { to: string })[] = []
  /** Receipts that devices sent for its messages; `delivery` when the receipt has no type. */
  readonly receipts: { id: string; type: string; device: string; at: number }[] = []
  /** Sends a read receipt for each message, one more delay after the delivery receipt. */
  autoRead = false
  /** Sends a delivery receipt for each message. */
  autoDelivered = true
  readonly #world: World
  readonly #said = new Map<string, Said>()
  readonly #sources = new Map<string, Source>()
  readonly #retries = new Map<string, number>()
  #next = 0

  constructor(world: World, account: Account) {
    this.#world = world
    this.account = account
  }

  get pn(): string {
    return this.account.pn
  }

  get name(): string {
    return this.account.name
  }

  /**
   * Says something to an account (its phone number). Resolves with the id once it is encrypted and kept for each linked device,
   * which may be away. Rejects for a number without an account.
   */
  async say(to: string, content: string | proto.IMessage, options: SayOptions = {}): Promise<{ id: string }> {
    const target = this.#world.accounts.get(to)
    if (!target) throw new Error(`${to} has no account here`)
    const id = options.id ?? `3EB0${randomBytes(8).toString('hex').toUpperCase()}`
    const message = typeof content === 'string' ? { conversation: content } : content
    const said: Said = { message, addressing: options.addressing ?? 'pn', at: Date.now() }
    this.#remember(this.#said, id, said)
    this.#world.ledger.said.push({ id, from: this.pn, to, at: said.at })
    const work: Promise<void>[] = []
    for (const device of target.devices.values()) work.push(this.#encryptTo(device, id, said))
    const recipient = said.addressing === 'lid' ? target.lidJid : target.jid
    const copy = {
      ...said,
      recipient,
      message: { deviceSentMessage: { destinationJid: recipient, message } },
    }
    for (const device of this.account.devices.values()) work.push(this.#encryptTo(device, id, copy))
    if (target.devices.size === 0) this.#handOver(target, id, message)
    await Promise.all(work)
    return { id }
  }

  /** Sends a read receipt for a message in the inbox. Throws for an id that is not there. */
  read(id: string): void {
    const source = this.#sources.get(id)
    if (!source) throw new Error(`${this.pn} has no message ${id} from a device`)
    this.#markRead(source, id)
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

  /** Loses the Signal sessions with an account's devices, as a reinstalled phone does: its next message cannot be decrypted. */
  async forgetSessions(pn: string): Promise<void> {
    const devices = this.#world.accounts.get(pn)?.devices.values() ?? []
    for (const device of devices) await this.account.signal.forget(device.lidJid)
  }

  /** Takes one `<enc>` that a device sent to this phone: decrypts, files and answers with receipts. `to` is the address it used. */
  async receive(device: Device, to: string, id: string, ciphertext: Ciphertext, t: string): Promise<void> {
    let message: proto.IMessage
    try {
      message = await this.account.signal.decrypt(device.lidJid, ciphertext)
    } catch (error) {
      return this.#askAgain(device, to, id, t, error instanceof Error ? error.message : String(error))
    }
    const at = Date.now()
    const from = device.account.pn
    const copied = message.deviceSentMessage
    if (device.account === this.account) {
      if (!copied?.message) return
      const recipient = this.#world.accounts.resolve(copied.destinationJid ?? undefined)?.account.pn
      const text = textOf(copied.message)
      this.copies.push({
        id,
        from,
        device: device.jid,
        text,
        at,
        message: copied.message,
        to: recipient ?? '',
      })
      return
    }
    const source: Source = { device, to, delivered: false }
    this.#remember(this.#sources, id, source)
    this.#world.ledger.received.push({ id, from, to: this.pn, device: device.jid, at })
    this.#file({ id, from, device: device.jid, text: textOf(message), at, message })
    if (!this.autoDelivered) return
    const delay = this.#world.options.receiptDelayMs
    this.#world.later(delay, () => {
      this.#markDelivered(source, id)
      if (this.autoRead) this.#world.later(delay, () => this.#markRead(source, id))
    })
  }

  /** Takes a receipt that a device sent for one of this contact's messages. */
  noteReceipt(id: string, type: string, device: string): void {
    this.receipts.push({ id, type, device, at: Date.now() })
    this.#world.events.emit('receipt', { contact: this.pn, id, type, device })
  }

  /** Answers a device's retry receipt: encrypts the same message again in a new session, under the same id. */
  async resend(device: Device, receipt: BinaryNode): Promise<void> {
    const said = this.#said.get(receipt.attrs.id ?? '')
    const count = Number(child(receipt, 'retry')?.attrs.count ?? 1)
    if (!said || count > MAX_RETRIES) return
    await this.account.signal.forget(device.lidJid)
    const keys = child(receipt, 'keys')
    const bundle = keys && (() => bundleOf(receipt, keys))
    await this.#encryptTo(device, receipt.attrs.id!, said, { count, bundle })
  }

  async #encryptTo(
    device: Device,
    id: string,
    said: Said,
    retry?: { count: number; bundle: (() => Bundle) | undefined },
  ): Promise<void> {
    const bundle = retry?.bundle ?? (() => device.takeBundle())
    const { type, ciphertext } = await this.account.signal.encrypt(device.lidJid, said.message, bundle)
    const { account } = this
    const attributes =
      said.addressing === 'lid'
        ? { from: account.lidJid, sender_pn: account.jid, addressing_mode: 'lid' }
        : { from: account.jid, sender_lid: account.lidJid, addressing_mode: 'pn' }
    const node = stanza(
      'message',
      {
        ...attributes,
        recipient: said.recipient,
        id,
        type: typeOf(said.message),
        t: seconds(said.at),
        notify: account.name,
      },
      [stanza('enc', { v: 2, type, count: retry?.count }, ciphertext)],
    )
    keep(this.#world, device, { kind: 'message', id, from: account.pn, node, peer: false })
  }

  /** A target without linked devices is another simulated phone: no wire lies between. */
  #handOver(target: Account, id: string, message: proto.IMessage) {
    const other = contactOf(this.#world, target)
    other.#file({
      id,
      from: this.pn,
      device: this.account.jid,
      text: textOf(message),
      at: Date.now(),
      message,
    })
  }

  #file(message: InboxMessage) {
    this.inbox.push(message)
    this.#world.events.emit('message', { contact: this.pn, message })
  }

  #markDelivered(source: Source, id: string) {
    if (source.delivered) return
    source.delivered = true
    this.#receipt(source, id)
  }

  /** A phone never reads what it did not report as delivered. */
  #markRead(source: Source, id: string) {
    if (this.autoDelivered) this.#markDelivered(source, id)
    this.#receipt(source, id, 'read')
  }

  #receipt({ device, to }: Source, id: string, type?: 'read') {
    const node = stanza('receipt', { from: to, id, type, t: seconds() })
    keep(this.#world, device, { kind: 'receipt', id, from: this.pn, node, peer: false })
  }

  #askAgain(device: Device, to: string, id: string, t: string, reason: string) {
    const count = (this.#retries.get(id) ?? 0) + 1
    const line = { id, from: device.account.pn, to: this.pn, device: device.jid, at: Date.now(), reason }
    this.#world.ledger.undecryptable.push(line)
    if (count > MAX_RETRIES) return
    this.#remember(this.#retries, id, count)
    const [registration, ...keys] = bundleNodes(this.account.signal.freshBundle())
    const node = stanza('receipt', { from: to, id, type: 'retry', t: seconds() }, [
      stanza('retry', { count, id, t, v: 1 }),
      registration!,
      stanza('keys', {}, keys),
    ])
    keep(this.#world, device, { kind: 'receipt', id, from: this.pn, node, peer: false })
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

function bundleOf(receipt: BinaryNode, keys: BinaryNode): Bundle {
  const preKey = child(keys, 'key')
  return {
    registrationId: bytesOf(receipt, 'registration').readUInt32BE(0),
    identity: bytesOf(keys, 'identity'),
    signedPreKey: readSignedPreKey(child(keys, 'skey')),
    ...(preKey && { preKey: readPreKey(preKey) }),
  }
}

/** The text of a message: conversation, extended text or a caption; empty for anything else. */
export function textOf(message: proto.IMessage): string {
  const { conversation, extendedTextMessage, imageMessage, videoMessage, documentMessage } = message
  const captioned = imageMessage ?? videoMessage ?? documentMessage
  return conversation || extendedTextMessage?.text || captioned?.caption || ''
}

function typeOf(message: proto.IMessage): string {
  if (message.reactionMessage) return 'reaction'
  const { imageMessage, videoMessage, audioMessage, documentMessage, stickerMessage } = message
  return imageMessage || videoMessage || audioMessage || documentMessage || stickerMessage ? 'media' : 'text'
}

/** The direct `<enc>` of a message node, if it carries one. */
export function encOf(node: BinaryNode): Ciphertext | undefined {
  const enc = children(node).find(({ tag }) => tag === 'enc')
  if (!enc || !(enc.content instanceof Uint8Array)) return undefined
  return { type: enc.attrs.type === 'pkmsg' ? 'pkmsg' : 'msg', ciphertext: enc.content }
}
