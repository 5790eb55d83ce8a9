import type { MessageFact } from '../../../machines/facts.ts'
import { bounded } from '../../base/bounded.ts'
import type { Clock } from '../../base/clock.ts'
import { type CallersOwn, callersOwnOf } from '../../messages/send.ts'
import { type MessageStatus, movesForward } from '../../messages/status.ts'
import type { MessageRow } from '../../ports/message-table.ts'
import type { Store } from '../../ports/store.ts'
import type { SessionActor } from '../host/session-actor.ts'
import type { Promised } from './idempotency.ts'
import { messageStatusDelivery } from './message-status-delivery.ts'
import type { Send } from './send.ts'
import { failureOf, ResultWaiters, type SendResult } from './send-results.ts'

/** Sends of a session whose progress is remembered: as many as are on their way at once, receipts included. */
const REMEMBERED = 100

/** Where a send stands, and what its caller is told with that. */
type Progress = Pick<MessageRow, 'chatId' | 'status'> & CallersOwn

const progressIn = ({
  chatId,
  status,
  content,
}: Pick<MessageRow, 'chatId' | 'status' | 'content'>): Progress => ({
  chatId,
  status,
  ...callersOwnOf(content),
})

/** Where the sends of one session stand: in memory, in the log, and for whoever waits to hear of them. */
export class SendLog {
  readonly #actor: SessionActor
  readonly #deps: { store: Pick<Store, 'messages'>; clock: Clock; tellStatus: boolean }
  readonly #waiters: ResultWaiters
  /** The latest; the log may not say so yet. */
  readonly #progress = bounded<Progress>(REMEMBERED)
  /** What is on its way into the log, however many that are: until it is there, nothing else knows of it. */
  readonly #unstored = new Map<string, Progress>()

  /** `tellStatus`: whether Laravel is told, too. */
  constructor(
    actor: SessionActor,
    deps: { store: Pick<Store, 'messages'>; clock: Clock; tellStatus: boolean },
  ) {
    this.#actor = actor
    this.#deps = deps
    this.#waiters = new ResultWaiters(deps.clock)
  }

  /** Resolves with what becomes of a send, or with null at `deadline` (ms since the epoch). */
  waitFor(messageId: string, deadline: number): Promise<SendResult | null> {
    return this.#waiters.wait(messageId, deadline)
  }

  /** A new send; `durable` resolves once it is so. `lazy`: it may wait for the commit of something else. */
  recordQueued(
    { messageId, chatId, content, at, secret }: Omit<Send, 'attempts' | 'seq'>,
    { lazy, promised }: { lazy: boolean; promised: Promised | undefined },
  ): { seq: number; durable: Promise<void> } {
    const stored = this.#actor.append([{ type: 'message.queued', messageId, chatId }], seq => ({
      lazy,
      lastActivity: at,
      ...(promised && { idempotency: { ...promised, messageId, at } }),
      messages: [
        {
          insert: {
            messageId,
            chatId,
            direction: 'out',
            dedupeKey: `out|${messageId}`,
            content,
            ...(secret && { secret }),
            status: 'queued',
            seq,
            at,
          },
        },
      ],
    }))
    const durable = this.#remember(messageId, progressIn({ chatId, status: 'queued', content }), stored)
    return { seq: this.#actor.seq, durable }
  }

  /** Its bytes have left. A second transmission counts, one that was acked before its bytes were noted does not. */
  async recordTransmitted(messageId: string, chatId: string): Promise<void> {
    const at = this.#deps.clock.now()
    if (!this.knows(messageId)) await this.find(messageId)
    const known = this.#inMemory(messageId)
    const status = known?.status ?? 'queued'
    if (status !== 'transmitted' && !movesForward(status, 'transmitted')) return
    const again = status === 'transmitted'
    const stored = this.#actor.append([{ type: 'message.transmitted', messageId, chatId }], () => ({
      lazy: true,
      messages: [
        { update: { messageId, status: 'transmitted', at, attempt: true, ...(again && { again }) } },
      ],
    }))
    await this.#remember(messageId, { ...known, chatId, status: 'transmitted' }, stored)
  }

  /** What became of a send; also told to whoever waits for it. */
  async recordResult(chatId: string, result: SendResult): Promise<void> {
    const { messageId, status, at } = result
    const error =
      result.status === 'failed' ? failureOf(result) : result.status === 'unknown' ? result.error : null
    const now = this.#deps.clock.now()
    if (!this.knows(messageId)) await this.find(messageId)
    const progress = { ...this.#inMemory(messageId), chatId, status }
    const stored = this.#actor.append([factOf(chatId, result)], seq => {
      const delivery = this.#deps.tellStatus
        ? messageStatusDelivery(this.#actor, seq, progress, result, now)
        : null
      return {
        lazy: !this.#waiters.has(messageId),
        messages: [{ update: { messageId, status, at, ...(error !== null && { error }) } }],
        ...(delivery !== null && { deliveries: [delivery] }),
      }
    })
    await this.#remember(messageId, progress, stored)
    this.#waiters.tell(result)
  }

  /** Undefined for what this session never sent. */
  async find(messageId: string): Promise<Progress | undefined> {
    const known = this.#inMemory(messageId)
    if (known !== undefined) return known
    const row = await this.#deps.store.messages.find(this.#actor.streamId, messageId, 'out')
    // It may have moved on while it was read.
    const since = this.#inMemory(messageId)
    if (since !== undefined || row === null) return since
    const stored = progressIn(row)
    this.#progress.set(messageId, stored)
    return stored
  }

  /** Whether where it stands is known without a question to the store. */
  knows(messageId: string): boolean {
    return this.#inMemory(messageId) !== undefined
  }

  #inMemory(messageId: string): Progress | undefined {
    return this.#progress.get(messageId) ?? this.#unstored.get(messageId)
  }

  /** Where the send of a row stands by now. */
  progressOf({ messageId, status }: Pick<MessageRow, 'messageId' | 'status'>): MessageStatus {
    return this.#inMemory(messageId)?.status ?? status
  }

  /** Settles as `stored` does; known from now on. */
  async #remember(messageId: string, progress: Progress, stored: Promise<void>): Promise<void> {
    this.#progress.set(messageId, progress)
    this.#unstored.set(messageId, progress)
    try {
      await stored
    } finally {
      if (this.#unstored.get(messageId) === progress) this.#unstored.delete(messageId)
    }
  }
}

function factOf(chatId: string, result: SendResult): MessageFact {
  const { messageId } = result
  switch (result.status) {
    case 'failed':
      return { type: 'message.failed', messageId, chatId, code: result.code, error: result.error }
    case 'unknown':
      return { type: 'message.unknown', messageId, chatId, error: result.error }
    default:
      return { type: `message.${result.status}`, messageId, chatId }
  }
}
