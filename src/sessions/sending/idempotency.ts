import { createHash } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import type { SendContent } from '../../messages/send.ts'
import type { Mailbox } from '../../ports/cluster/mailbox.ts'
import type { IdempotencyRow } from '../../ports/message-table.ts'
import type { SendOutcome } from '../../ports/sessions.ts'
import type { Store } from '../../ports/store.ts'
import type { SessionPeople } from '../people.ts'
import { refusalOf } from './send-results.ts'

export interface IdempotencyDeps {
  messages: Store['messages']
  /** Present where several nodes share the store. */
  mailbox?: Pick<Mailbox, 'find'> | undefined
  clock: Clock
}

/** What a send stores with itself so that its key stands for it. */
export type Promised = Pick<IdempotencyRow, 'key' | 'hash'>

/** The Idempotency-Keys of one session: one key, one send, whatever breaks in between. Kept for 72 h (src/store/tables/idempotency.ts). */
export class Idempotency {
  readonly #streamId: string
  readonly #deps: IdempotencyDeps
  readonly #people: Pick<SessionPeople, 'addressOf'>
  /** Keys whose first request waits, with the hash of what it sends. */
  readonly #inProgress = new Map<string, string>()

  constructor(streamId: string, deps: IdempotencyDeps, people: Pick<SessionPeople, 'addressOf'>) {
    this.#streamId = streamId
    this.#deps = deps
    this.#people = people
  }

  /**
   * Runs `send` if the key is new; else answers with how its send stands. Rejects with IDEMPOTENCY_MISMATCH when the key
   * stands for other content, with IDEMPOTENCY_IN_FLIGHT while its first request waits, and as the send failed.
   */
  async once<Sent>(
    key: string,
    content: SendContent,
    send: (promised: Promised) => Promise<Sent>,
  ): Promise<Sent | SendOutcome> {
    const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex')
    const inProgress = this.#inProgress.get(key)
    if (inProgress !== undefined) {
      this.#check(inProgress, hash)
      throw new GatewayError(
        'IDEMPOTENCY_IN_FLIGHT',
        'The first request with this key still waits for WhatsApp; ask again in a moment.',
        { retryable: true, retryAfterSeconds: 1 },
      )
    }
    // Before the store is asked: a second request in the meantime is none of its own.
    this.#inProgress.set(key, hash)
    try {
      const { messages, clock } = this.#deps
      const stored = await messages.idempotent(this.#streamId, key, clock.now())
      if (stored === null) return await send({ key, hash })
      this.#check(stored.hash, hash)
      return await this.#currentOutcome(stored.messageId, content)
    } finally {
      this.#inProgress.delete(key)
    }
  }

  #check(known: string, hash: string): void {
    if (known === hash) return
    throw new GatewayError(
      'IDEMPOTENCY_MISMATCH',
      'This key was used for another message; every message needs a key of its own.',
    )
  }

  async #currentOutcome(messageId: string, { to }: SendContent): Promise<SendOutcome> {
    const { messages, mailbox } = this.#deps
    // In this order: what is not in the mailbox any more is in the log.
    const left = await mailbox?.find(this.#streamId, messageId)
    const row = await messages.find(this.#streamId, messageId, 'out')
    if (row === null && left)
      return { messageId, status: 'queued', address: await this.#people.addressOf(to), replayed: true }
    if (row === null) throw new GatewayError('MESSAGE_NOT_FOUND', 'The message of this key is gone.')
    if (row.status === 'failed') throw refusalOf(row.error ?? '')
    const address = await this.#people.addressOf('to' in row.content ? row.content.to : row.chatId)
    return { messageId, status: row.status, address, replayed: true }
  }
}
