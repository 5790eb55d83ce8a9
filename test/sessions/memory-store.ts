import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { GatewayError } from '../../src/base/errors.ts'
import type { AccountEventTable } from '../../src/ports/account-event-table.ts'
import type { EventLog } from '../../src/ports/event-log.ts'
import type { KeyStore } from '../../src/ports/key-store.ts'
import type { ChatTable, ChatTimerTable, MessageTable } from '../../src/ports/message-table.ts'
import type { PeopleTable } from '../../src/ports/people-table.ts'
import type { SessionTable } from '../../src/ports/session-table.ts'
import type { Store, Write } from '../../src/ports/store.ts'
import { asynchronous, type Synchronous } from '../../src/store/asynchronous.ts'
import { CommittedFactsFeed } from '../../src/store/committed-facts.ts'
import { encodeWrite } from '../../src/store/encoded-write.ts'
import { RecentDeliveries } from '../../src/store/recent-deliveries.ts'
import { RecentPeople } from '../../src/store/recent-people.ts'
import { prepareSchema } from '../../src/store/schema.ts'
import { createStatements, type Statements } from '../../src/store/statements.ts'
import { accountEventReads } from '../../src/store/tables/account-events.ts'
import { chatTimerReads } from '../../src/store/tables/chat-timers.ts'
import { chatReads } from '../../src/store/tables/chats.ts'
import { type DeliveryAnswers, deliveryReads } from '../../src/store/tables/deliveries.ts'
import { type DownloadReads, downloadReads } from '../../src/store/tables/downloads.ts'
import { logReads } from '../../src/store/tables/events.ts'
import { keyReads } from '../../src/store/tables/keys.ts'
import { type MediaReads, mediaReads } from '../../src/store/tables/media.ts'
import { messageReads } from '../../src/store/tables/messages.ts'
import { peopleReads } from '../../src/store/tables/people.ts'
import { sessionReads } from '../../src/store/tables/sessions.ts'
import { GroupCommit } from '../../src/store/writer/group-commit.ts'
import type { Request, Result } from '../../src/store/writer/worker-messages.ts'
import { lateAnswers } from '../store/late-answers.ts'

/** What is committed, read at once: for what a test expects, never for what it tests. */
const readsOf = (sql: Statements) => ({
  sessions: sessionReads(sql),
  log: logReads(sql),
  keys: keyReads(sql),
  messages: messageReads(sql),
  people: peopleReads(sql),
  chats: chatReads(sql),
  chatTimers: chatTimerReads(sql),
  downloads: downloadReads(sql),
  media: mediaReads(sql),
  accountEvents: accountEventReads(sql),
  deliveries: deliveryReads(sql),
})

interface Waiting {
  request: Request
  write: Write | null
  resolve: (result: Result | undefined) => void
  reject: (error: GatewayError) => void
}

async function* after<Row>(answered: Promise<void>, rows: AsyncIterable<Row>): AsyncGenerator<Row> {
  await answered
  yield* rows
}

const awayError = () => new GatewayError('STORE_FAILED', 'The server is away', { says: 'server_away' })

/** The product's store on a database in memory, without its thread: commits happen when the test lets them. */
export class MemoryStore {
  readonly #db = new DatabaseSync(':memory:')
  readonly #now: () => number
  readonly #group: GroupCommit
  readonly #feed: CommittedFactsFeed
  readonly #recent: RecentDeliveries
  readonly store: Store
  readonly stored: ReturnType<typeof readsOf>
  /** Writes in the order of their commits. */
  readonly committed: Write[] = []
  /** Sees each write as it is handed over. */
  onWrite: (write: Write) => void = () => {}
  #queue: Waiting[] = []
  #held = false
  #fails: ((write: Write | null) => boolean) | null = null
  #refuses: ((write: Write) => boolean) | null = null
  #failsRead: ((name: string) => boolean) | null = null
  #reads: (PromiseWithResolvers<void> & { when: 'asked' | 'answered' }) | null = null
  #committedRequests = 0
  #scheduled = false

  constructor(now: () => number, { erasesDone = false } = {}) {
    this.#now = now
    prepareSchema(this.#db)
    this.#group = new GroupCommit(this.#db, { keepsDone: !erasesDone })
    const sql = createStatements(this.#db)
    const stored = readsOf(sql)
    this.stored = stored
    const people = new RecentPeople(asynchronous<PeopleTable>(stored.people))
    this.#feed = new CommittedFactsFeed(sql)
    const recent = new RecentDeliveries(
      stored.deliveries,
      async (id, outcome) => void (await this.#submit({ settle: { id, outcome } }, null)),
    )
    this.#recent = recent
    this.store = {
      id: 'memory',
      commit: async write => {
        this.onWrite(write)
        const committed = this.#submit({ write: encodeWrite(write, () => recent.nextId()) }, write)
        if (write.people)
          people.handedOver(
            write.streamId,
            write.people,
            committed.then(() => {}),
          )
        await committed
      },
      claim: streamId => this.#submit({ claim: streamId }, null),
      forget() {},
      eraseBodies: (before, limit) => this.#submit({ eraseBodies: { before, limit } }, null),
      eraseDeleted: limit => this.#submit({ eraseDeleted: { limit } }, null),
      prune: request => this.#submit({ prune: request }, null),
      sessions: this.#later<SessionTable>(stored.sessions),
      log: this.#later<EventLog>(stored.log),
      committed: this.#feed,
      keys: this.#later<KeyStore>(stored.keys),
      messages: this.#later<MessageTable>(stored.messages),
      people,
      chats: this.#later<ChatTable>(stored.chats),
      chatTimers: this.#later<ChatTimerTable>(stored.chatTimers),
      downloads: {
        ...lateAnswers<DownloadReads>(stored.downloads),
        settle: async (streamId, seq, outcome) =>
          void (await this.#submit({ downloaded: { streamId, seq, outcome } }, null)),
      },
      media: {
        ...lateAnswers<MediaReads>(stored.media),
        changed: async media => void (await this.#submit({ media }, null)),
      },
      accountEvents: this.#later<AccountEventTable>(stored.accountEvents),
      deliveries: {
        ...lateAnswers<DeliveryAnswers>({
          ...stored.deliveries,
          head: lane => recent.head(lane),
          hasNext: (lane, id) => recent.hasNext(lane, id),
        }),
        settle: (id, outcome) => recent.settle(id, outcome),
      },
      close: async () => this.#db.close(),
    }
  }

  /** Reads are answered when the test lets them, with what was committed when they were asked, or is when they are answered. */
  holdReads(when: 'asked' | 'answered' = 'asked'): void {
    this.#reads = { ...Promise.withResolvers<void>(), when }
  }

  releaseReads(): void {
    this.#reads?.resolve()
    this.#reads = null
  }

  /** Reads that answer in a later turn, as those of a server do: what can happen meanwhile does. */
  #later<Reads extends object>(reads: Synchronous<Reads>): Reads {
    const named = Object.entries(
      asynchronous<Record<string, (...given: unknown[]) => unknown>>(reads as never),
    )
    const later = named.map(([name, read]) => [
      name,
      (...given: unknown[]) => {
        if (this.#failsRead?.(name)) return setImmediate().then(() => Promise.reject(awayError()))
        const { promise: answered, when } = this.#reads ?? { promise: setImmediate(), when: 'asked' }
        if (when === 'answered') return answered.then(() => read(...given))
        const found = read(...given)
        if (!(found instanceof Promise)) return after(answered, found as never)
        found.catch(() => {})
        return answered.then(() => found)
      },
    ])
    return Object.fromEntries(later)
  }

  /** Commits wait from now on. */
  holdWrites(): void {
    this.#held = true
  }

  /** What waits is committed together, as after a slow fsync. */
  releaseWrites(): void {
    this.#held = false
    this.#flush()
  }

  /** Commits and claims fail from now on, or those that `which` picks; a claim is null. */
  failWrites(which: (write: Write | null) => boolean = () => true): void {
    this.#fails = which
  }

  /** Writes that `which` picks are refused for what is in them; those beside them go on. */
  refuseWrites(which: (write: Write) => boolean): void {
    this.#refuses = which
  }

  /** Reads of these names fail from now on, as those of a server that is away. */
  failReads(...names: string[]): void {
    this.#failsRead = name => names.includes(name)
  }

  repair(): void {
    this.#failsRead = null
    this.#fails = null
    this.#refuses = null
  }

  /** Damages what is stored, as nobody but a disk or another version does. */
  damage(sql: string, ...params: (string | number)[]): void {
    this.#db.prepare(sql).run(...params)
  }

  /** Commits that wait. */
  get waiting(): number {
    return this.#queue.length
  }

  #submit<T extends Result>(request: Request, write: Write | null): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, write, resolve: result => resolve((result ?? 0) as T), reject })
      if (this.#scheduled) return
      this.#scheduled = true
      queueMicrotask(() => {
        this.#scheduled = false
        if (!this.#held) this.#flush()
      })
    })
  }

  #flush(): void {
    const queue = this.#queue
    this.#queue = []
    const failing = queue.filter(({ write, request }) => !('settle' in request) && this.#fails?.(write))
    // A disk that fails one write of a commit fails the whole commit.
    const lost = failing.length > 0 ? queue : []
    for (const { reject } of lost)
      reject(new GatewayError('STORE_FAILED', 'The disk is full', { retryable: true }))
    const refused = queue.filter(one => !lost.includes(one) && one.write && this.#refuses?.(one.write))
    for (const { reject } of refused) reject(new GatewayError('CONFLICT', 'No such thing is stored here'))
    const kept = queue.filter(one => !lost.includes(one) && !refused.includes(one))
    if (kept.length === 0) return
    const done = this.#group.run([
      { seen: this.#committedRequests, now: this.#now(), requests: kept.map(({ request }) => request) },
    ])
    this.#committedRequests += done.count
    const failed = new Map(done.failed)
    const results = new Map(done.results)
    for (const [index, { request, write, resolve, reject }] of kept.entries()) {
      const failure = failed.get(index)
      if (failure) {
        reject(new GatewayError(failure.code, failure.message, { retryable: failure.retryable }))
        continue
      }
      if (write) this.committed.push(write)
      const result = results.get(index)
      resolve(result)
      if (!('write' in request)) continue
      if (typeof result === 'number') this.#feed.add(request.write, result)
      this.#recent.written(request.write)
    }
  }
}
