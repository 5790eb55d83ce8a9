import type { BinaryNode, MessageRelayOptions, WASocket } from '@whiskeysockets/baileys'
import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import type { Presence, SendContent } from '../../messages/send.ts'
import type { SendUpdate } from '../../ports/whatsapp.ts'
import type { Address } from '../identities/addresses.ts'
import type { Identities } from '../identities/identities.ts'
import { isGroup, parseJid } from '../jid.ts'
import type { SenderKeyHolders, SenderKeyMemory } from '../keys/sender-key-memory.ts'
import { STALE_SESSION, statusInAck } from '../message-status.ts'
import type { PendingRequests } from '../pending-requests.ts'
import { isFinalRefusal, refusalCodeOf } from '../query-errors.ts'
import { type DeviceCache, MissingDevices, type SentTo } from './missing-devices.ts'
import type { OutgoingPayloads } from './outgoing-payloads.ts'
import { stanzaOptions } from './to-baileys-content.ts'
import { UnackedSends } from './unacked-sends.ts'

const SEND_TIMEOUT_MS = 20_000
/** A file takes a minute more for each of these many bytes. */
const BYTES_PER_MINUTE = 4 * 1024 * 1024
/** In ms. */
const TYPING = { min: 500, perLetter: 30, max: 5_000 }

/** What WhatsApp says of a LID to which this account may not write, or that nobody has any more. */
const LID_REFUSED = new Set(['400', '404'])

/** What a socket must have to send. */
export type SendSocket = Pick<WASocket, 'relayMessage' | 'assertSessions' | 'authState' | 'getUSyncDevices'>
type KeyMemory = Pick<SenderKeyMemory, 'holders' | 'confirm' | 'forget'>
export interface MessageSenderDeps {
  socket: SendSocket
  devices: DeviceCache
  memory: KeyMemory
  payloads: Pick<OutgoingPayloads, 'make' | 'referencedBy'>
  identities: Pick<Identities, 'addresses' | 'chatsByLid'>
  firstContact: { nodesFor(chatId: string): Promise<BinaryNode[]> }
  /** Shows a chat what the account does there. */
  presence: { show(kind: Presence, to: string): Promise<void> }
  /** Whether the account may do in a group what only admins may. */
  isAdminOf(groupJid: string): Promise<boolean>
  pending: PendingRequests
  /** Resolves when all that was written has left, rejects if it never will: keys go first. */
  left(): Promise<void>
  clock: Clock
  onFailedRetry(update: SendUpdate): void
}
/** How a send is transmitted; `secret` is the message's, made before. */
interface Transmission {
  retried?: boolean
  byNumber?: boolean
  secret?: Uint8Array | undefined
}
interface Unacked {
  content: SendContent
  /** It has left once more after a refusal. */
  retried: boolean
  /** Where it went, once that is known. */
  address: Address | null
  /** To whom; of a direct message. */
  sentTo: SentTo
  /** It is on its way to devices that it had missed: what becomes of it is told already. */
  completes: boolean
  /** Once it is written; of a group: who can read it when it arrives. */
  written: Promise<SenderKeyHolders | null>
}

/** The sends of one socket. */
export class MessageSender {
  readonly #deps: MessageSenderDeps
  /** So that a stale session can be cured. */
  readonly #unacked = new UnackedSends<Unacked>()
  readonly #missing: MissingDevices
  /** By chat, what goes out once more: later messages must not overtake it. */
  readonly #retries = new Map<string, Promise<void>>()
  #ended = false

  constructor(deps: MessageSenderDeps) {
    this.#deps = deps
    this.#missing = new MissingDevices(deps.socket, deps.devices)
  }

  /** See `WhatsAppSocket.send`. Rejects with a retryable error when the socket ends first or after 20 s. */
  async send(messageId: string, content: SendContent, secret?: Uint8Array): Promise<void> {
    try {
      await this.#deps.pending.run(() => this.#transmit(messageId, content, { secret }), timeoutOf(content))
    } catch (error) {
      this.#unacked.remove(messageId)
      throw toGatewayError(error)
    }
  }

  /** What a server ack says; null while what it refused is transmitted once more. */
  acked(ack: BinaryNode): SendUpdate | null {
    const update = statusInAck(ack, this.#deps.clock.now())
    if (update === null) return null
    const sent = this.#unacked.take(update.messageId)
    if (sent?.completes) return null
    if (sent) this.#noteHolders(sent, update.status)
    const { phash } = ack.attrs
    // Its status is told all the same, and the next message goes to all.
    if (sent && phash && update.status === 'sent')
      this.#complete(update.messageId, sent, phash).catch(() => {})
    if (update.status !== 'failed' || !sent || sent.retried) return update
    const isStale = update.code === STALE_SESSION
    if (!isStale && !(LID_REFUSED.has(update.code) && sent.address?.number)) return update
    void this.#retryFirst(update, sent, isStale)
    return null
  }

  /** A receipt says what became of a send. */
  arrived(messageId: string): void {
    this.#unacked.arrived(messageId)
  }

  /** When the oldest was written that has neither ack nor receipt, by `performance.now()`; null if there is none. */
  get silentSince(): number | null {
    return this.#unacked.silentSince
  }

  /** Forgets what was not acknowledged: the next socket sends it again, also what was about to leave once more. */
  end(): void {
    this.#ended = true
    this.#unacked.clear()
  }

  /** Transmits what was refused once more, after what was refused before it in its chat and before what follows there. */
  async #retryFirst(update: SendUpdate, sent: Unacked, isStale: boolean): Promise<void> {
    const chat = sent.content.to
    const before = this.#retries.get(chat) ?? Promise.resolve()
    const retry = before.then(() => this.#retry(update.messageId, sent, isStale))
    const done = retry.catch(() => {
      if (!this.#ended) this.#deps.onFailedRetry(update)
    })
    this.#retries.set(chat, done)
    await done
    if (this.#retries.get(chat) === done) this.#retries.delete(chat)
  }

  async #transmit(
    messageId: string,
    content: SendContent,
    { retried = false, byNumber = false, secret }: Transmission = {},
  ): Promise<void> {
    const unacked: Unacked = {
      content,
      retried,
      address: null,
      sentTo: null,
      completes: false,
      written: Promise.resolve(null),
    }
    unacked.written = this.#write(messageId, unacked, { byNumber, secret })
    // The ack may come before the write is reported.
    this.#unacked.add(messageId, unacked)
    await unacked.written
  }

  async #write(
    messageId: string,
    unacked: Unacked,
    { byNumber, secret }: Transmission,
  ): Promise<SenderKeyHolders | null> {
    const { socket, payloads, identities } = this.#deps
    const { content, retried } = unacked
    if (!retried) while (this.#retries.has(content.to)) await this.#retries.get(content.to)
    const address = await identities.addresses.forSend(content.to, byNumber ? { byNumber } : {})
    unacked.address = address
    const message = await payloads.make(messageId, content, secret)
    if (content.typing) await this.#showTyping(content, address.to)
    const deleted = content.type === 'delete' ? await payloads.referencedBy(content) : null
    if (deleted?.key.fromMe === false) await this.#checkAdmin(content.to)
    const options = stanzaOptions(content, deleted)
    const additionalNodes = [
      ...(options.additionalNodes ?? []),
      ...(await this.#deps.firstContact.nodesFor(address.to)),
    ]
    const about = withNumber({ ...options, additionalNodes }, address)
    await socket.relayMessage(address.to, message, { messageId, ...about })
    await this.#deps.left()
    if (isGroup(content.to)) return this.#deps.memory.holders(content.to)
    unacked.sentTo = await this.#missing.sentTo(address.to)
    return null
  }

  /** Phones ignore what only an admin may do, and nobody is told. */
  async #checkAdmin(groupJid: string): Promise<void> {
    if (await this.#deps.isAdminOf(groupJid)) return
    const sentence = 'Only an admin of the group can delete what others wrote; make this account one.'
    throw new GatewayError('NOT_GROUP_ADMIN', sentence)
  }

  /** Shows "typing…" or "recording…" for a time that fits the message. */
  async #showTyping(content: SendContent, to: string): Promise<void> {
    const { presence, clock } = this.#deps
    const letters = 'body' in content ? content.body.length : 0
    await presence.show(content.type === 'audio' ? 'recording' : 'composing', to)
    await new Promise<void>(resolve => {
      clock.setTimeout(resolve, Math.min(TYPING.min + letters * TYPING.perLetter, TYPING.max))
    })
    await presence.show('paused', to)
  }

  /** What an ack says about our sender key; a key that could not be noted is only given once more. */
  #noteHolders({ content, written }: Unacked, status: SendUpdate['status']): void {
    if (!isGroup(content.to)) return
    const noted = written.then(holders => {
      if (status === 'failed') return this.#deps.memory.forget(content.to)
      return holders ? this.#deps.memory.confirm(holders) : undefined
    })
    noted.catch(() => {})
  }

  /** Transmits what was refused once more: in a new session, or to the number beside a LID. */
  async #retry(messageId: string, sent: Unacked, isStale: boolean): Promise<void> {
    const { identities, pending } = this.#deps
    if (isStale) await this.#renewSession(sent)
    else identities.chatsByLid.refused()
    const how = { retried: true, byNumber: !isStale }
    await pending.run(() => this.#transmit(messageId, sent.content, how), timeoutOf(sent.content))
  }

  /** Sends a direct message to the devices that it did not reach, under the same id. */
  async #complete(messageId: string, sent: Unacked, phash: string): Promise<void> {
    await sent.written
    const to = sent.address?.to
    if (!to || isGroup(to)) return
    const { socket, payloads, pending } = this.#deps
    await pending.run(async () => {
      const missing = await this.#missing.find(to, phash, sent.sentTo)
      if (missing.length === 0) return
      await socket.assertSessions(missing)
      const message = await payloads.make(messageId, sent.content)
      for (const jid of missing) {
        this.#unacked.add(messageId, { ...sent, completes: true })
        await socket.relayMessage(to, message, { messageId, participant: { jid, count: 0 } })
      }
    }, timeoutOf(sent.content))
  }

  async #renewSession({ content, address }: Unacked): Promise<void> {
    const to = address?.to ?? content.to
    if (isGroup(to)) return this.#deps.memory.forget(to)
    const user = parseJid(to)?.user
    if (user) await this.#deps.devices.del(user)
    await this.#deps.socket.assertSessions([to], true)
  }
}

/** A LID stands alone no longer: the number that it is for stands beside it, as whatsmeow writes it. */
function withNumber(
  options: Pick<MessageRelayOptions, 'additionalAttributes' | 'additionalNodes'>,
  { number }: Address,
): Pick<MessageRelayOptions, 'additionalAttributes' | 'additionalNodes'> {
  if (number === null) return options
  return { ...options, additionalAttributes: { ...options.additionalAttributes, peer_recipient_pn: number } }
}

/** How long a send may take, in ms. */
function timeoutOf(content: SendContent): number {
  if (!('media' in content)) return SEND_TIMEOUT_MS
  return SEND_TIMEOUT_MS + Math.ceil((content.media.size ?? 0) / BYTES_PER_MINUTE) * 60_000
}

function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  const code = refusalCodeOf(error)
  if (isFinalRefusal(code)) {
    return new GatewayError('WHATSAPP_REJECTED', `WhatsApp refused the recipient with code ${code}`, {
      cause: error,
    })
  }
  return new GatewayError('SESSION_NOT_CONNECTED', 'The message could not be handed to WhatsApp', {
    cause: error,
    retryable: true,
  })
}
