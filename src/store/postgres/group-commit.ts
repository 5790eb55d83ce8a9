import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import type { CommittedFact } from '../../ports/event-log.ts'
import type { Failure } from '../failures.ts'
import { FailedStreams } from '../writer/failed-streams.ts'
import type { Request } from '../writer/worker-messages.ts'
import type { Names, Sql } from './connection.ts'
import {
  isCollision,
  isConnectionLost,
  isReadOnly,
  isWritesOwnFault,
  refusal,
  storeFailure,
} from './failures.ts'
import { Group } from './group.ts'
import {
  type InTransaction,
  inTransaction,
  quietly,
  UnknownOutcome,
  wholeTransaction,
} from './transaction.ts'
import type { Maintenance } from './upkeep/maintenance.ts'
import type { Item, Outcome } from './writer.ts'

/** For so long it is asked what became of a commit whose answer was lost. */
const RESOLVE_MS = 20_000

type Grouped = Extract<
  Request,
  { write: unknown } | { claim: unknown } | { settle: unknown } | { downloaded: unknown } | { media: unknown }
>
const isGrouped = (request: Request): request is Grouped =>
  'write' in request ||
  'claim' in request ||
  'settle' in request ||
  'downloaded' in request ||
  'media' in request

export interface GroupCommitOptions {
  /** For the groups alone. */
  pool: pg.Pool
  names: Names
  now: () => number
  keepsDone: boolean
  /** For so long a commit is tried again before its callers hear that it failed. */
  patienceMs: number
  /** Whoever listens to it is woken by each commit of facts. */
  channel: string
  maintenance: Maintenance
  /** For what is no part of a group. */
  inOwnTransaction: InTransaction
  /** Facts of a commit, in the order of commits of this process. */
  onCommitted(last: number, facts: () => CommittedFact[]): void
}

/** Commits requests of many streams in one transaction, each with an outcome of its own. */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #failed = new FailedStreams()
  /** Under this name the number of the last commit stands in the table `writers`. */
  readonly #writer = randomUUID()
  #commits = 0

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  async run(items: Item[]): Promise<Outcome[]> {
    this.#failed.forget(Math.min(...items.map(({ seen }) => seen)))
    this.#options.maintenance.forgetIfDue(this.#options.now())
    const outcomes: Outcome[] = []
    for (let from = 0; from < items.length; ) {
      const isOne = !isGrouped(items[from]!.request)
      const end = items.findIndex((item, i) => i > from && (isOne || !isGrouped(item.request)))
      const part = items.slice(from, end < 0 ? undefined : end)
      outcomes.push(...(isOne ? [await this.#alone(part[0]!)] : await this.#together(part)))
      from += part.length
    }
    return outcomes
  }

  /** Makes this writer known, before its first commit: a row that is being made can be waited for by nobody. */
  async begin(): Promise<void> {
    const { pool } = this.#options
    await pool.query("DELETE FROM writers WHERE at < now() - interval '30 days'")
    await pool.query('INSERT INTO writers (writer, commits) VALUES ($1, 0)', [this.#writer])
  }

  /** Forgets the name of this writer: all its commits are answered. */
  async end(): Promise<void> {
    await this.#options.pool.query('DELETE FROM writers WHERE writer = $1', [this.#writer]).catch(() => {})
  }

  async #together(items: Item[]): Promise<Outcome[]> {
    try {
      return await this.#patiently(() => this.#transaction(items))
    } catch (error) {
      if (!isWritesOwnFault(error)) return items.map(item => this.#fail(item, storeFailure(error)))
      if (items.length === 1) return [this.#fail(items[0]!, refusal(error))]
    }
    // One of them is to blame: each in a transaction of its own, so that the others are kept.
    const outcomes: Outcome[] = []
    for (const item of items) outcomes.push(...(await this.#together([item])))
    return outcomes
  }

  async #alone({ request }: Item): Promise<Outcome> {
    const { inOwnTransaction, maintenance, now } = this.#options
    try {
      const result = await this.#patiently(() => maintenance.run(request, now(), inOwnTransaction))
      return { result }
    } catch (error) {
      return { failure: isWritesOwnFault(error) ? refusal(error) : storeFailure(error) }
    }
  }

  async #transaction(items: Item[]): Promise<Outcome[]> {
    const { pool, names, now, keepsDone, channel, onCommitted } = this.#options
    const checkpoint = this.#failed.checkpoint()
    const number = ++this.#commits
    const group = new Group({ now: now(), keepsDone, channel })
    let outcomes: Outcome[] = []
    try {
      const committed = inTransaction(pool, names, async sql => {
        const marked = quietly(mark(sql, this.#writer, number))
        await group.load(sql, items)
        outcomes = await group.apply(sql, items, {
          refused: item => this.#refused(item),
          fail: (item, why) => this.#fail(item, why),
        })
        const answered = Promise.all([group.write(sql), marked])
        return { answered }
      })
      await committed
    } catch (error) {
      checkpoint()
      if (!(error instanceof UnknownOutcome)) throw error
      if (!(await this.#happened(number))) throw error.cause
      for (const [i, outcome] of outcomes.entries())
        if ('failure' in outcome) this.#fail(items[i]!, outcome.failure)
    }
    const { last } = group.facts
    if (last !== null) onCommitted(last, () => group.facts.committed())
    return outcomes
  }

  #refused(item: Item): Failure | null {
    if (!('write' in item.request)) return null
    return this.#failed.refuses(item.request.write, item.seen) ?? item.fault
  }

  #fail(item: Item, failure: Failure): Outcome {
    const { request, number, seen } = item
    if ('write' in request && !this.#failed.refuses(request.write, seen))
      this.#failed.add(request.write, number, failure)
    return { failure }
  }

  /** Whether a commit happened whose answer was lost. Its own row waits for the server to be done with it. */
  async #happened(number: number): Promise<boolean> {
    const { pool, names } = this.#options
    const until = performance.now() + RESOLVE_MS
    for (let wait = 20; ; wait = Math.min(wait * 2, 1_000)) {
      try {
        return await wholeTransaction(pool, names, async sql => {
          const row = await sql.get<{ commits: number }>(
            'SELECT commits FROM writers WHERE writer = $1 FOR UPDATE',
            this.#writer,
          )
          return row !== undefined && row.commits >= number
        })
      } catch (error) {
        if (performance.now() > until) throw error
        await pause(wait)
      }
    }
  }

  /** Tries again what a lost connection, a collision or a standby undid: nothing of it was committed. */
  async #patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const until = performance.now() + this.#options.patienceMs
    for (let wait = 5; ; wait = Math.min(wait * 2, 500)) {
      try {
        return await attempt()
      } catch (error) {
        const cause = error instanceof UnknownOutcome ? error.cause : error
        const mayWork = isConnectionLost(cause) || isCollision(cause) || isReadOnly(cause)
        if (!mayWork || performance.now() > until) throw cause
        await pause(wait)
      }
    }
  }
}

function mark(sql: Sql, writer: string, number: number): Promise<number> {
  return sql.run(
    // Made anew where it was lost in a failover, or forgotten for its age.
    `INSERT INTO writers (writer, commits) VALUES ($1, $2)
     ON CONFLICT (writer) DO UPDATE SET commits = excluded.commits, at = now()`,
    writer,
    number,
  )
}
