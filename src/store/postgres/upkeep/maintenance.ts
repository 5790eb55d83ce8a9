import type { PruneStep } from '../../../ports/store.ts'
import type { Request } from '../../writer/worker-messages.ts'
import type { Sql } from '../connection.ts'
import type { InTransaction } from '../transaction.ts'
import { eraseBodies } from './bodies.ts'
import { eraseDeleted } from './erasure.ts'
import { prune } from './retention.ts'

const FORGET_EVERY_MS = 1_000
const ROWS = 100
const DAY = 24 * 60 * 60 * 1000

/** What is of no more use after its time, whoever it was of. What another node is at is left to it. */
const FORGOTTEN: { table: string; key: string; where: string; order: string; keepMs: number }[] = [
  { table: 'inbox', key: 'stream_id, hash', where: 'done_at < $1', order: 'done_at', keepMs: 14 * DAY },
  { table: 'deliveries', key: 'id', where: 'dead_at < $1', order: 'dead_at', keepMs: 30 * DAY },
  { table: 'idempotency', key: 'stream_id, key', where: 'at <= $1', order: 'at', keepMs: 3 * DAY },
  { table: 'account_events', key: 'stream_id, seq', where: 'at < $1', order: 'at', keepMs: 30 * DAY },
  {
    table: 'message_keys',
    key: 'stream_id, dedupe_key',
    where: 'gone AND at < $1',
    order: 'at',
    keepMs: 30 * DAY,
  },
]

/** Erasure and retention, between the commits. */
export class Maintenance {
  readonly #reads: Sql
  readonly #keepsDone: boolean
  readonly #onUnforgotten: (why: string) => void
  #forgotAt: number | null = null
  #forgetting: Promise<void> | null = null
  #unforgotten: string | null = null

  constructor(
    reads: Sql,
    { keepsDone, onUnforgotten }: { keepsDone: boolean; onUnforgotten: (why: string) => void },
  ) {
    this.#reads = reads
    this.#keepsDone = keepsDone
    this.#onUnforgotten = onUnforgotten
  }

  /** A request that is no part of a group of writes. */
  run(request: Request, now: number, inTransaction: InTransaction): Promise<number | PruneStep> {
    if ('eraseBodies' in request) {
      const { before, limit } = request.eraseBodies
      return inTransaction(sql => eraseBodies(sql, { before, limit, now, keepsDone: this.#keepsDone }))
    }
    if ('prune' in request) return prune(inTransaction, request.prune, now)
    if (!('eraseDeleted' in request)) throw new Error('This request belongs to a group')
    const { limit } = request.eraseDeleted
    return inTransaction(sql => eraseDeleted(sql, limit))
  }

  /** Forgets a little of what is too old, once a second at most; what fails is said once, and no commit waits for it. */
  forgetIfDue(now: number): void {
    // Never at the first commit: a start has better things to do.
    this.#forgotAt ??= now
    if (now - this.#forgotAt < FORGET_EVERY_MS || this.#forgetting !== null) return
    this.#forgotAt = now
    this.#forgetting = this.#forget(now).finally(() => {
      this.#forgetting = null
    })
  }

  /** Resolves once nothing is being forgotten. */
  async idle(): Promise<void> {
    await this.#forgetting
  }

  async #forget(now: number): Promise<void> {
    let failed: string | null = null
    const forget = async ({ table, key, where, order, keepMs }: (typeof FORGOTTEN)[number]) => {
      const old = `SELECT ${key} FROM ${table} WHERE ${where} ORDER BY ${order} LIMIT $2 FOR UPDATE SKIP LOCKED`
      try {
        await this.#reads.run(`DELETE FROM ${table} WHERE (${key}) IN (${old})`, now - keepMs, ROWS)
      } catch (error) {
        failed = `${table}: ${String(error)}`
      }
    }
    await Promise.all(FORGOTTEN.map(forget))
    if (failed !== null && failed !== this.#unforgotten) this.#onUnforgotten(failed)
    this.#unforgotten = failed
  }
}
