import type { DeliveryOutcome, DeliveryRow, DeliveryTable } from '../ports/delivery-table.ts'
import type { Synchronous } from './asynchronous.ts'
import type { EncodedWrite } from './encoded-write.ts'
import { type DeliveryColumns, type DeliveryReads, toDelivery } from './tables/deliveries.ts'

/** Lanes that are known at once. */
const MOST_LANES = 2_000
/** Deliveries of a lane, and characters of each, that are kept: what is longer is read when its turn comes. */
const MOST_ROWS = 2
const MOST_CHARACTERS = 4_000

/** A pending delivery; null: its columns have to be read. */
interface Known {
  id: number
  columns: DeliveryColumns | null
}

type NewDelivery = NonNullable<EncodedWrite['deliveries']>[number]

/**
 * The heads of lanes without a read for each message: of a lane that was seen empty, what this process puts into it is known. All that is
 * done to deliveries in other ways than one after the other makes their lanes unknown again; then the table is asked.
 */
export class RecentDeliveries implements Synchronous<Pick<DeliveryTable, 'head' | 'hasNext'>> {
  readonly #stored: DeliveryReads
  readonly #settleStored: DeliveryTable['settle']
  /** All that is pending in a lane, oldest first; the lane that was used last stands at the end. */
  readonly #lanes = new Map<string, Known[]>()
  readonly #laneOf = new Map<number, string>()
  #lastId: number

  constructor(stored: DeliveryReads, settle: DeliveryTable['settle']) {
    this.#stored = stored
    this.#settleStored = settle
    this.#lastId = stored.lastId()
  }

  /** For the next delivery that is written. */
  nextId(): number {
    return ++this.#lastId
  }

  head(lane: string): DeliveryRow | null {
    const known = this.#lanes.get(lane)
    if (known?.length === 0) return null
    const columns = known?.[0]?.columns
    if (columns) return toDelivery(columns)
    const { row, isLast } = this.#stored.headOf(lane)
    if (isLast) this.#know(lane, row === null ? [] : [{ id: row.id, columns: null }])
    return row
  }

  hasNext(lane: string, id: number): boolean {
    const known = this.#lanes.get(lane)
    return known === undefined ? this.#stored.hasNext(lane, id) : known.some(one => one.id > id)
  }

  async settle(id: number, outcome: DeliveryOutcome, lazy?: boolean): Promise<void> {
    try {
      await this.#settleStored(id, outcome, lazy)
    } catch (error) {
      this.#forget(this.#laneOf.get(id))
      throw error
    }
    const lane = this.#laneOf.get(id)
    const known = lane === undefined ? undefined : this.#lanes.get(lane)
    if ('redriven' in outcome) this.#forgetAll()
    else if ('done' in outcome && known?.[0]?.id === id) {
      known.shift()
      this.#laneOf.delete(id)
    } else this.#forget(lane)
  }

  /** Call it for each write once it is committed, in their order. */
  written(write: EncodedWrite): void {
    const { erase, messages = [], deliveries = [] } = write
    if (erase === 'stream' || messages.some(message => 'reread' in message)) this.#forgetAll()
    // What is told again lives on in the lane that it had.
    const first = write.events?.[0]?.seq
    if (deliveries.some(({ seq }) => first === undefined || seq < first)) this.#forgetAll()
    for (const delivery of deliveries) {
      const { lane } = delivery
      const known = this.#lanes.get(lane)
      if (known === undefined) continue
      const columns = columnsOf(write, delivery)
      // The table may have been read between the commit and its answer: then it is known already.
      const isNew = columns !== null && columns.id > (known.at(-1)?.id ?? 0)
      if (!isNew || known.length >= MOST_ROWS) this.#forget(lane)
      else this.#know(lane, [...known, { id: columns.id, columns }])
    }
  }

  #know(lane: string, known: Known[]): void {
    this.#forget(lane)
    this.#lanes.set(lane, known)
    for (const { id } of known) this.#laneOf.set(id, lane)
    if (this.#lanes.size > MOST_LANES) this.#forget(this.#lanes.keys().next().value)
  }

  #forget(lane: string | undefined): void {
    if (lane === undefined) return
    for (const { id } of this.#lanes.get(lane) ?? []) this.#laneOf.delete(id)
    this.#lanes.delete(lane)
  }

  #forgetAll(): void {
    this.#lanes.clear()
    this.#laneOf.clear()
  }
}

/** The row of a message that came with its delivery and without a file; null for all that is less simple. */
function columnsOf(
  { streamId, messages = [], downloads = [] }: EncodedWrite,
  { id, webhookId, kind, lane, sessionId, seq, at, payload }: NewDelivery,
): DeliveryColumns | null {
  if (id === null || kind !== 'messages' || payload !== null) return null
  const message = messages.find(one => 'insert' in one && one.insert.seq === seq)
  if (message === undefined || !('insert' in message)) return null
  const { content } = message.insert
  if (content.length > MOST_CHARACTERS || downloads.some(download => download.seq === seq)) return null
  return {
    id,
    webhook_id: webhookId,
    kind,
    lane,
    stream_id: streamId,
    session_id: sessionId,
    seq,
    at,
    payload,
    tries: 0,
    attempts: 0,
    next_at: at,
    last_error: null,
    dead_at: null,
    content,
    file_state: null,
    file_error: null,
  }
}
