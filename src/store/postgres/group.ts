import type { AcceptedStatus } from '../../ports/session-table.ts'
import type { EncodedWrite } from '../encoded-write.ts'
import type { Failure } from '../failures.ts'
import type { Request } from '../writer/worker-messages.ts'
import { updateMany } from './bulk.ts'
import type { Sql } from './connection.ts'
import { isWritesOwnFault, refusal } from './failures.ts'
import { Streams } from './streams.ts'
import { eraseChatTimers, eraseKeys, eraseStream } from './upkeep/erasure.ts'
import type { Item, Outcome } from './writer.ts'
import { DeliveryWrites, settleDeliveries } from './writes/deliveries.ts'
import { settleDownloads } from './writes/downloads.ts'
import { NewFacts } from './writes/events.ts'
import { IdempotencyWrites } from './writes/idempotency.ts'
import { KeyWrites } from './writes/keys.ts'
import { MessageWrites } from './writes/messages.ts'
import { changeMedia, OtherWrites } from './writes/others.ts'

const ALL = Number.MAX_SAFE_INTEGER

export interface Judge {
  /** Why a write is refused, whatever its stream says. */
  refused(item: Item): Failure | null
  fail(item: Item, why: Failure): Outcome
}

const writeOf = (request: Request) => ('write' in request ? request.write : null)
const acceptedIn = (request: Request): (AcceptedStatus & { streamId: string }) | null =>
  ('settle' in request &&
    'acceptedStatus' in request.settle.outcome &&
    request.settle.outcome.acceptedStatus) ||
  null

/** The requests of one transaction: judged and folded here, and stored by one statement a table. */
export class Group {
  readonly #now: number
  readonly #channel: string
  readonly #streams = new Streams()
  readonly #facts = new NewFacts()
  readonly #keys: KeyWrites
  readonly #messages = new MessageWrites()
  readonly #deliveries = new DeliveryWrites()
  readonly #promised = new IdempotencyWrites()
  readonly #others = new OtherWrites()
  #requests: Request[] = []

  constructor({ now, keepsDone, channel }: { now: number; keepsDone: boolean; channel: string }) {
    this.#now = now
    this.#channel = channel
    this.#keys = new KeyWrites({ now, keepsDone })
  }

  /** What is stored by a statement each, in this order. */
  get #parts() {
    return [this.#messages, this.#keys, this.#promised, this.#others, this.#deliveries]
  }

  /** Locks the streams of the requests, and reads what must be known to judge and fold them. */
  async load(sql: Sql, items: Item[]): Promise<void> {
    this.#requests = items.map(({ request }) => request)
    const writes = this.#requests.flatMap(request => writeOf(request) ?? [])
    const streams = new Set(
      this.#requests.flatMap(request => {
        if ('claim' in request) return request.claim
        return writeOf(request)?.streamId ?? acceptedIn(request)?.streamId ?? []
      }),
    )
    await Promise.all([
      this.#streams.load(
        sql,
        [...streams],
        writes.flatMap(({ create }) => create?.sessionId ?? []),
      ),
      this.#messages.load(sql, writes),
      this.#promised.load(sql, writes),
    ])
  }

  /** What becomes of each, if the transaction is committed. */
  async apply(sql: Sql, items: Item[], judge: Judge): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (const item of items) outcomes.push(await this.#applyOne(sql, item, judge))
    return outcomes
  }

  async #applyOne(sql: Sql, item: Item, judge: Judge): Promise<Outcome> {
    const { request } = item
    try {
      if ('claim' in request) return { result: this.#streams.claim(request.claim) }
      const write = writeOf(request)
      if (write === null) return { result: null }
      const why = judge.refused(item) ?? this.#streams.refuses(write) ?? this.#conflict(write)
      if (why !== null) return judge.fail(item, why)
      if (write.create) this.#streams.create(write.streamId, write.epoch, write.create)
      if (write.erase) await this.#erase(sql, write)
      this.#streams.apply(write)
      this.#facts.add(write, this.#streams.sessionIdOf(write.streamId))
      for (const part of this.#parts) part.add(write)
      return { result: null }
    } catch (error) {
      if (!isWritesOwnFault(error) || 'write' in request) throw error
      return judge.fail(item, refusal(error))
    }
  }

  #conflict(write: EncodedWrite): Failure | null {
    const key = this.#messages.conflict(write)
    if (key === null) return this.#promised.conflict(write)
    return { code: 'CONFLICT', message: 'This message is already stored: its key is taken', retryable: false }
  }

  /** What was written before it is erased along, so it is stored first. */
  async #erase(sql: Sql, { streamId, erase }: EncodedWrite): Promise<void> {
    await this.#flush(sql)
    if (erase === 'keys') {
      await eraseKeys(sql, streamId, ALL)
      // Another account may be linked next.
      await eraseChatTimers(sql, streamId, ALL)
      return
    }
    const keepFrom = this.#streams.erase(streamId, this.#now)
    this.#facts.forget(streamId, keepFrom)
    this.#messages.forget(streamId)
    this.#promised.forget(streamId)
    await eraseStream(sql, streamId, keepFrom)
  }

  #flush(sql: Sql): Promise<unknown> {
    return Promise.all(this.#parts.map(part => part.flush(sql)))
  }

  /**
   * Sends all of it, with the fence and, last, the place of its facts among those of all nodes; resolves once all is answered. What goes
   * wrong before all is sent is thrown: COMMIT must not follow it.
   */
  write(sql: Sql): Promise<unknown> {
    const settled = this.#requests.flatMap(request => ('settle' in request ? [request.settle] : []))
    const downloaded = this.#requests.flatMap(request =>
      'downloaded' in request ? [request.downloaded] : [],
    )
    const media = this.#requests.flatMap(request => ('media' in request ? request.media : []))
    return Promise.all([
      this.#streams.save(sql),
      this.#flush(sql),
      ...rounds(settled, ({ id }) => id).map(round =>
        settleDeliveries(
          sql,
          round.map(({ id, outcome }) => [id, outcome]),
        ),
      ),
      ...rounds(downloaded, ({ streamId, seq }) => `${streamId}\0${seq}`).map(round =>
        settleDownloads(sql, round),
      ),
      this.#recordAccepted(sql),
      changeMedia(sql, media),
      this.#facts.write(sql, this.#channel),
    ])
  }

  /** The facts of the group, once it is committed. */
  get facts(): NewFacts {
    return this.#facts
  }

  /** What Laravel has accepted from us, erased sessions included. */
  #recordAccepted(sql: Sql): Promise<number> {
    const last = new Map(
      this.#requests.flatMap(request => {
        const accepted = acceptedIn(request)
        return accepted === null ? [] : [[accepted.streamId, accepted] as const]
      }),
    )
    return updateMany(
      sql,
      'sessions s',
      {
        set: 'told_estado = u.estado, told_at = u.at',
        columns: { stream_id: 'text', estado: 'text', at: 'bigint' },
        where: 's.stream_id = u.stream_id',
      },
      [...last.values()].map(({ streamId, estadoQr, at }) => [streamId, estadoQr, at]),
    )
  }
}

/** The same in as few lists as have nothing twice, in an order that keeps that of what has the same key. */
function rounds<T>(all: T[], keyOf: (one: T) => string | number): T[][] {
  const found: { keys: Set<string | number>; list: T[] }[] = []
  for (const one of all) {
    const key = keyOf(one)
    let round = found.find(({ keys }) => !keys.has(key))
    if (round === undefined) {
      round = { keys: new Set(), list: [] }
      found.push(round)
    }
    round.keys.add(key)
    round.list.push(one)
  }
  return found.map(({ list }) => list)
}
