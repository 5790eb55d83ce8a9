import type { DatabaseSync } from 'node:sqlite'
import type { EncodedWrite } from '../encoded-write.ts'
import type { Failure } from '../failures.ts'
import { isWritesOwnFault, refusal, storeFailure } from '../failures.ts'
import { createStatements, type Statements } from '../statements.ts'
import {
  eraseEventWords,
  pruneAccountEvents,
  writeAccountEvents,
  writeContactNames,
} from '../tables/account-events.ts'
import { eraseChatTimers, writeChatTimers } from '../tables/chat-timers.ts'
import { eraseDescriptions, pruneDead, settleDelivery, writeDeliveries } from '../tables/deliveries.ts'
import { settleDownload, writeDownloads } from '../tables/downloads.ts'
import { pruneIdempotency, writeIdempotency } from '../tables/idempotency.ts'
import { eraseKeys, pruneInbox, shrinkInbox, writeInbox, writeKeys } from '../tables/keys.ts'
import { writeMedia } from '../tables/media.ts'
import { eraseBodies, writeMessages } from '../tables/messages.ts'
import { writePeople } from '../tables/people.ts'
import { pruneTold } from '../tables/removed-messages.ts'
import { eraseDeleted, eraseStream } from './erasure.ts'
import { FailedStreams } from './failed-streams.ts'
import { prune } from './pruning.ts'
import { Streams } from './streams.ts'
import type { Batch, Done, Request, Result } from './worker-messages.ts'

const PRUNE_EVERY_MS = 1000
const PRUNE_ROWS = 100
const PRUNES = [pruneInbox, pruneDead, pruneIdempotency, pruneAccountEvents, pruneTold]
const ALL = Number.MAX_SAFE_INTEGER

/** One request of a commit. */
interface Item {
  request: Request
  number: number
  seen: number
  now: number
}

/** Commits requests of many streams in one transaction, each with an outcome of its own. */
export class GroupCommit {
  readonly #db: DatabaseSync
  readonly #sql: Statements
  readonly #streams: Streams
  readonly #keepsDone: boolean
  readonly #failedStreams = new FailedStreams()
  #answered = 0
  #erased = false
  #prunedAt: number | null = null
  #unforgotten: string | null = null

  /** `keepsDone`: done inbox rows stay whole, for as long as they are known. */
  constructor(db: DatabaseSync, { keepsDone = true }: { keepsDone?: boolean } = {}) {
    this.#db = db
    this.#keepsDone = keepsDone
    this.#sql = createStatements(db)
    this.#streams = new Streams(this.#sql)
  }

  /** A failure of the disk fails all of them and changes nothing; the next commit may work again. */
  run(batches: Batch[]): Done {
    this.#failedStreams.forget(Math.min(...batches.map(({ seen }) => seen)))
    let number = this.#answered
    const items = batches.flatMap(({ requests, seen, now }) =>
      requests.map(request => ({ request, number: number++, seen, now })),
    )
    this.#answered = number
    const restore = this.#failedStreams.checkpoint()
    try {
      const done = this.#transaction(items, item => this.#apply(item))
      if (done !== null) return done
      // A request that fails halfway needs a savepoint to be undone alone, which the others need not pay for.
      restore()
      return this.#withSavepoints(items)
    } catch (error) {
      restore()
      this.#rollback()
      const failure = storeFailure(error)
      return {
        count: items.length,
        results: [],
        failed: items.map((item, index) => [index, this.#fail(item, failure)]),
      }
    }
  }

  /** Whether something was erased since the last call: it still stands in the write-ahead log. */
  takeErased(): boolean {
    const erased = this.#erased
    this.#erased = false
    return erased
  }

  #withSavepoints(items: Item[]): Done {
    const done = this.#transaction(items, item => {
      this.#sql.run('SAVEPOINT request')
      try {
        return this.#apply(item)
      } catch (error) {
        if (!isWritesOwnFault(error)) throw error
        this.#sql.run('ROLLBACK TO request')
        this.#streams.forget()
        return refusal(error)
      } finally {
        if (this.#db.isTransaction) this.#sql.run('RELEASE request')
      }
    })
    return done!
  }

  /** Null, and nothing is changed, if `apply` threw for a fault of its item's own. */
  #transaction(items: Item[], apply: (item: Item) => Result | Failure | null): Done | null {
    const done: Done = { count: items.length, failed: [], results: [] }
    this.#db.exec('BEGIN IMMEDIATE')
    for (const [index, item] of items.entries()) {
      try {
        const result = this.#refuses(item) ?? apply(item)
        if (isResult(result)) done.results.push([index, result])
        else if (result !== null) done.failed.push([index, this.#fail(item, result)])
      } catch (error) {
        if (!isWritesOwnFault(error)) throw error
        this.#rollback()
        return null
      }
    }
    const unforgotten = this.#prune(items.at(-1)!.now)
    this.#db.exec('COMMIT')
    return unforgotten === null ? done : { ...done, unforgotten }
  }

  /** Decided before anything of the request has happened. */
  #refuses({ request, seen }: Item): Failure | null {
    if (!('write' in request)) return null
    return this.#failedStreams.refuses(request.write, seen) ?? this.#streams.refuses(request.write)
  }

  /** A write's last position, the new epoch of a claim, the number of what was erased, what a step of pruning did, else null. */
  #apply({ request, now }: Item): Result | null {
    if ('claim' in request) return this.#streams.claim(request.claim)
    if ('eraseBodies' in request) {
      const { before, limit } = request.eraseBodies
      const done = this.#keepsDone ? 0 : shrinkInbox(this.#sql, limit)
      const erased =
        eraseBodies(this.#sql, before, limit, now) +
        eraseEventWords(this.#sql, before, limit) +
        eraseDescriptions(this.#sql, before, limit)
      if (done + erased > 0) this.#erased = true
      return Math.max(done, erased)
    }
    if ('eraseDeleted' in request) {
      const { limit } = request.eraseDeleted
      // Taken out of the write-ahead log once, at the end, which may be a session that cannot be erased.
      let atEnd = true
      try {
        const erased = eraseDeleted(this.#sql, limit)
        atEnd = erased > 0 && erased < limit
        return erased
      } finally {
        if (atEnd) this.#erased = true
      }
    }
    if ('prune' in request) {
      const step = prune(this.#sql, request.prune, now)
      if (step.next === null && request.prune.messagesBefore !== null) this.#erased = true
      return step
    }
    if ('write' in request) return this.#write(request.write, now)
    if ('media' in request) writeMedia(this.#sql, request.media)
    else if ('downloaded' in request) {
      const { streamId, seq, outcome } = request.downloaded
      settleDownload(this.#sql, streamId, seq, outcome)
    } else {
      const { id, outcome } = request.settle
      settleDelivery(this.#sql, id, outcome)
      // The last status of a deleted session said whose it was.
      if ('acceptedStatus' in outcome && outcome.acceptedStatus)
        this.#erased = this.#streams.recordAcceptedStatus(outcome.acceptedStatus) || this.#erased
    }
    return null
  }

  #write(write: EncodedWrite, now: number): number | null {
    const { streamId, epoch, create, metadata, erase, keys, inbox, messages, people, downloads } = write
    const { chatTimers, idempotency, deliveries, accountEvents, contactNames } = write
    // Before the erasure: a first write may erase its own stream.
    if (create) this.#streams.create(streamId, epoch, create)
    if (metadata !== undefined) this.#streams.describe(streamId, metadata)
    if (erase) {
      this.#erased = true
      if (erase === 'stream') eraseStream(this.#sql, streamId, this.#streams.erase(streamId, now))
      else {
        eraseKeys(this.#sql, streamId, ALL)
        // Another account may be linked next.
        eraseChatTimers(this.#sql, streamId, ALL)
      }
    }
    const position = this.#streams.apply(write)
    if (keys) writeKeys(this.#sql, streamId, keys)
    if (inbox) writeInbox(this.#sql, streamId, inbox, { now, keepsDone: this.#keepsDone })
    if (messages) writeMessages(this.#sql, streamId, messages)
    if (people) writePeople(this.#sql, streamId, people)
    if (chatTimers) writeChatTimers(this.#sql, streamId, chatTimers)
    if (downloads) writeDownloads(this.#sql, streamId, downloads)
    if (accountEvents) writeAccountEvents(this.#sql, streamId, accountEvents)
    if (contactNames) writeContactNames(this.#sql, streamId, contactNames)
    if (idempotency) writeIdempotency(this.#sql, streamId, idempotency)
    if (deliveries) writeDeliveries(this.#sql, streamId, deliveries)
    return position
  }

  /** Why one of them could not, which the commit and the others must not pay for; null if all could, or that was told before. */
  #prune(now: number): string | null {
    // Never at the first commit: a start has better things to do.
    this.#prunedAt ??= now
    if (now - this.#prunedAt < PRUNE_EVERY_MS) return null
    this.#prunedAt = now
    let failed: string | null = null
    for (const prune of PRUNES) {
      try {
        prune(this.#sql, now, PRUNE_ROWS)
      } catch (error) {
        if (!isWritesOwnFault(error)) throw error
        failed = `${prune.name}: ${String(error)}`
      }
    }
    const news = failed === this.#unforgotten ? null : failed
    this.#unforgotten = failed
    return news
  }

  #fail({ request, number, seen }: Item, failure: Failure): Failure {
    if ('write' in request && !this.#failedStreams.refuses(request.write, seen))
      this.#failedStreams.add(request.write, number, failure)
    return failure
  }

  #rollback(): void {
    this.#streams.forget()
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
  }
}

const isResult = (result: Result | Failure | null): result is Result =>
  typeof result === 'number' || (result !== null && 'next' in result)
