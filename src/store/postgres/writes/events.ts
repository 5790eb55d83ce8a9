import type { CommittedFact } from '../../../ports/event-log.ts'
import type { EncodedWrite } from '../../encoded-write.ts'
import { columnsOf, type Kind, unnest } from '../bulk.ts'
import type { Param, Sql } from '../connection.ts'

type NewFact = NonNullable<EncodedWrite['events']>[number]

interface Fact {
  streamId: string
  sessionId: string
  event: NewFact
  /** It stays whatever its age: what the session itself went through, and its tombstone. */
  lasting: boolean
}

const COLUMNS: Record<string, Kind> = {
  stream_id: 'text',
  seq: 'bigint',
  at: 'bigint',
  lasting: 'boolean',
  type: 'text',
  data: 'text',
  state: 'text',
  context: 'text',
  machine_version: 'text',
}
const NAMES = Object.keys(COLUMNS).join(', ')
const WIDTH = Object.keys(COLUMNS).length

// The row of `store` stays locked until the commit is done: the next commit's positions are behind, whichever node makes it.
const INSERT = `WITH base AS (UPDATE store SET positions = positions + $${WIDTH + 1} RETURNING positions - $${WIDTH + 1} AS before),
  stored AS (INSERT INTO events (${NAMES}, position)
    SELECT ${NAMES}, before + n FROM base, ${unnest(Object.values(COLUMNS))} WITH ORDINALITY AS u(${NAMES}, n))
  SELECT before, pg_notify($${WIDTH + 2}, '') FROM base`

/** The facts of one group of writes, numbered in the order of commits as the last thing before the commit. */
export class NewFacts {
  #facts: Fact[] = []
  #before = 0

  add({ streamId, events = [], erase }: EncodedWrite, sessionId: string): void {
    for (const event of events)
      this.#facts.push({ streamId, sessionId, event, lasting: event.snapshot !== null || erase === 'stream' })
  }

  /** The stream was erased up to `keepFrom`: what of it was to be stored is not. */
  forget(streamId: string, keepFrom: number): void {
    this.#facts = this.#facts.filter(fact => fact.streamId !== streamId || fact.event.seq >= keepFrom)
  }

  write(sql: Sql, channel: string): Promise<unknown> {
    if (this.#facts.length === 0) return Promise.resolve()
    const rows = this.#facts.map(({ streamId, event, lasting }): Param[] => [
      streamId,
      event.seq,
      event.at,
      lasting,
      event.type,
      event.data,
      event.snapshot?.state ?? null,
      event.snapshot?.context ?? null,
      event.snapshot?.machineVersion ?? null,
    ])
    const base = sql.get<{ before: number }>(INSERT, ...columnsOf(rows, WIDTH), rows.length, channel)
    return base.then(row => {
      this.#before = row!.before
    })
  }

  /** The position of the newest, once they are stored; null: there are none. */
  get last(): number | null {
    return this.#facts.length === 0 ? null : this.#before + this.#facts.length
  }

  /** As they are committed now. */
  committed(): CommittedFact[] {
    return this.#facts.map(({ streamId, sessionId, event }, i) => ({
      ...event,
      streamId,
      sessionId,
      position: this.#before + i + 1,
      data: JSON.parse(event.data),
    }))
  }
}
