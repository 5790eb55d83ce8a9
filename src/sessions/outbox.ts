import { LRUCache } from 'lru-cache'
import type { MessageFact } from '../../machines/facts.ts'
import { movesForward, type SendContent } from '../contract.ts'
import { GatewayError } from '../errors.ts'
import type { Clock, MessageRow, SendOutcome, SendUpdate, Store, WhatsApp, WhatsAppSocket } from '../ports.ts'
import type { SessionActor } from './actor.ts'

/** A send that WhatsApp did not take although the connection holds is tried again after this time, in ms. */
const SEND_AGAIN = 5000

/** Sends of a session whose progress is remembered: as many as are on their way at once, receipts included. */
const REMEMBERED = 100

type Progress = Pick<MessageRow, 'chatId' | 'status'>

export interface OutboxDeps {
  store: Store
  whatsapp: Pick<WhatsApp, 'newMessageId'>
  clock: Clock
  /** A send older than this is not sent any more, in ms. */
  maxAgeMs: number
}

/** What waits to be sent for one session: transmits while open, oldest first per chat, always under the stored id. */
export class Outbox {
  readonly #deps: OutboxDeps
  readonly #actor: SessionActor
  /** Chats with something to transmit, each a chain of sends. */
  readonly #chats = new Map<string, Promise<void>>()
  /** Sends handed to a chat's chain and not through it yet. */
  readonly #moving = new Set<string>()
  /** Where the latest sends stand; the log may not say so yet. */
  readonly #progress = new LRUCache<string, Progress>({ max: REMEMBERED })
  /** The socket that took up what had waited: what is new must not overtake it. */
  #pumped: WhatsAppSocket | null = null
  /** HTTP requests that wait for the fate of their message. */
  readonly #waiting = new Map<string, (outcome: SendUpdate) => void>()

  constructor(actor: SessionActor, deps: OutboxDeps) {
    this.#actor = actor
    this.#deps = deps
  }

  /**
   * Chooses the WhatsApp id, makes the send durable, and waits for WhatsApp's ack until `deadline`.
   * Rejects with SESSION_NOT_CONNECTED (nothing is stored) or WHATSAPP_REJECTED.
   */
  async send(content: SendContent, deadline: number): Promise<SendOutcome> {
    const { clock, whatsapp } = this.#deps
    const actor = this.#actor
    if (!actor.can({ type: 'message.queued' })) {
      throw new GatewayError(
        'SESSION_NOT_CONNECTED',
        `Session ${actor.sessionId} is ${actor.state}, so nothing can be sent; nothing was stored. Call /start to connect it.`,
      )
    }
    const messageId = whatsapp.newMessageId()
    const at = clock.now()
    const fate = this.#fateOf(messageId, deadline)
    // What can go at once shares its commit with the ratchet, without which no byte leaves.
    const atOnce = this.#carries(actor.socket)
    this.#progress.set(messageId, { chatId: content.to, status: 'queued' })
    const queued = actor.append([{ type: 'message.queued', messageId, chatId: content.to }], seq => ({
      lazy: atOnce,
      lastActivity: at,
      messages: [
        {
          insert: {
            messageId,
            chatId: content.to,
            direction: 'out',
            dedupeKey: `out|${messageId}`,
            content,
            status: 'queued',
            seq,
            at,
          },
        },
      ],
    }))
    if (!atOnce) await queued
    if (actor.state === 'reconnecting.hibernated') actor.tell({ type: 'wake.requested' })
    this.#transmit({ messageId, chatId: content.to, content, at })
    const update = await Promise.race([fate, queued.then(() => fate)])
    await queued
    if (update?.status === 'failed') {
      if (update.code === 'SESSION_LOGGED_OUT') throw new GatewayError('SESSION_LOGGED_OUT', update.error)
      throw new GatewayError(
        'WHATSAPP_REJECTED',
        `WhatsApp refused the message (${update.code}): ${update.error}`,
      )
    }
    const status = update?.status ?? 'queued'
    return { messageId, status, remoteJid: content.to }
  }

  /** Takes up what was queued or never acked, after the session opened. */
  pump(): void {
    this.#pumped = this.#actor.socket
    for (const row of this.#deps.store.messages.unsent(this.#actor.streamId)) {
      this.#transmit(row as MessageRow & { content: SendContent })
    }
  }

  /** Records what WhatsApp says about a send; anything that would move it backwards is dropped. */
  async updated(update: SendUpdate): Promise<void> {
    const { messageId, status } = update
    const known = this.#find(messageId)
    if (known === undefined || !movesForward(known.status, status)) return
    await this.#record(known.chatId, update)
    this.#waiting.get(messageId)?.(update)
  }

  /** Everything that waits fails for good. */
  async failAll(code: string, error: string): Promise<void> {
    for (const { messageId, chatId } of this.#deps.store.messages.unsent(this.#actor.streamId)) {
      await this.#fail(messageId, chatId, code, error)
    }
  }

  #transmit(send: Pick<MessageRow, 'messageId' | 'chatId' | 'at'> & { content: SendContent }): void {
    // What cannot go now is taken up by the next open.
    if (this.#moving.has(send.messageId) || !this.#carries(this.#actor.socket)) return
    this.#moving.add(send.messageId)
    const before = this.#chats.get(send.chatId) ?? Promise.resolve()
    const mine = before
      .then(() => this.#actor.guard(() => this.#transmitNow(send)))
      .finally(() => {
        this.#moving.delete(send.messageId)
        if (this.#chats.get(send.chatId) === mine) this.#chats.delete(send.chatId)
      })
    this.#chats.set(send.chatId, mine)
  }

  async #transmitNow(
    send: Pick<MessageRow, 'messageId' | 'chatId' | 'at'> & { content: SendContent },
  ): Promise<void> {
    const { messageId, chatId, content, at } = send
    const { clock, maxAgeMs } = this.#deps
    const actor = this.#actor
    const { socket } = actor
    for (let sent = false; !sent; ) {
      if (!this.#carries(socket)) return
      if (clock.now() - at > maxAgeMs) {
        await this.#fail(messageId, chatId, 'EXPIRED', 'It waited for longer than SEND_MAX_AGE_MS.')
        return
      }
      try {
        await socket.send(messageId, content)
        sent = true
      } catch (error) {
        if (!(error instanceof GatewayError && error.retryable)) {
          await this.#fail(messageId, chatId, 'SEND_FAILED', 'The message could not be built or encrypted.')
          return
        }
        // What follows in this chat waits, too.
        if (await actor.until(() => !this.#carries(socket), clock.now() + SEND_AGAIN)) return
      }
    }
    const now = clock.now()
    const status = this.#find(messageId)?.status ?? 'queued'
    // A second transmission counts, one that was acked before its bytes were noted does not.
    if (status !== 'transmitted' && !movesForward(status, 'transmitted')) return
    this.#progress.set(messageId, { chatId, status: 'transmitted' })
    await actor.append([{ type: 'message.transmitted', messageId, chatId }], () => ({
      lazy: true,
      messages: [{ update: { messageId, status: 'transmitted', at: now, attempt: true } }],
    }))
  }

  /** Whether sends go through this socket now. */
  #carries(socket: WhatsAppSocket | null): socket is WhatsAppSocket {
    const { ended, socket: current, state, context } = this.#actor
    if (socket === null || ended || socket !== current || socket !== this.#pumped) return false
    return state.startsWith('open.') && context.intent === 'none'
  }

  #find(messageId: string): Progress | undefined {
    const known = this.#progress.get(messageId)
    if (known !== undefined) return known
    return this.#deps.store.messages.find(this.#actor.streamId, messageId, 'out') ?? undefined
  }

  async #fail(messageId: string, chatId: string, code: string, error: string): Promise<void> {
    const update: SendUpdate = { messageId, status: 'failed', at: this.#deps.clock.now(), code, error }
    await this.#record(chatId, update)
    this.#waiting.get(messageId)?.(update)
  }

  async #record(chatId: string, update: SendUpdate): Promise<void> {
    const { messageId, status, at } = update
    const failure = update.status === 'failed' ? { code: update.code, error: update.error } : null
    const fact: MessageFact =
      failure === null
        ? { type: `message.${status as 'sent' | 'delivered' | 'read' | 'played'}`, messageId, chatId }
        : { type: 'message.failed', messageId, chatId, ...failure }
    this.#progress.set(messageId, { chatId, status })
    await this.#actor.append([fact], () => ({
      lazy: !this.#waiting.has(messageId),
      messages: [
        { update: { messageId, status, at, ...(failure && { error: `${failure.code}: ${failure.error}` }) } },
      ],
    }))
  }

  #fateOf(messageId: string, deadline: number): Promise<SendUpdate | null> {
    const { clock } = this.#deps
    return new Promise(resolve => {
      const finish = (update: SendUpdate | null) => {
        clock.clearTimeout(timer)
        this.#waiting.delete(messageId)
        resolve(update)
      }
      const timer = clock.setTimeout(() => finish(null), Math.max(0, deadline - clock.now()))
      this.#waiting.set(messageId, finish)
    })
  }
}
