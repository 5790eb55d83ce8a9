import type { EncodedWrite } from '../../encoded-write.ts'
import type { Failure } from '../../failures.ts'
import { KEEP_KEYS_MS } from '../../tables/idempotency.ts'
import { insertMany, unnest } from '../bulk.ts'
import type { Param, Sql } from '../connection.ts'

const nameOf = (streamId: string, key: string) => `${streamId}\0${key}`

/** The keys of callers in one group of writes. */
export class IdempotencyWrites {
  /** For which message a key stands now, and since when. */
  readonly #known = new Map<string, { messageId: string; at: number }>()
  #new = new Map<string, Param[]>()

  /** Looks up which keys stand for something; their streams are locked by then, as they are where another process leaves a send. */
  async load(sql: Sql, writes: EncodedWrite[]): Promise<void> {
    const keyed = writes.filter(({ idempotency }) => idempotency !== undefined)
    if (keyed.length === 0) return
    const rows = await sql.all<{ stream_id: string; key: string; message_id: string; at: number }>(
      `SELECT i.stream_id, i.key, i.message_id, i.at FROM ${unnest(['text', 'text'])} AS u(stream_id, key)
       JOIN idempotency i ON i.stream_id = u.stream_id AND i.key = u.key`,
      keyed.map(({ streamId }) => streamId),
      keyed.map(({ idempotency }) => idempotency!.key),
    )
    for (const { stream_id, key, message_id: messageId, at } of rows)
      this.#known.set(nameOf(stream_id, key), { messageId, at })
  }

  /** A key that another process gave to a send of its own, after the owner of the session had asked for it. */
  conflict({ streamId, idempotency }: EncodedWrite): Failure | null {
    if (idempotency === undefined) return null
    const { key, messageId, at } = idempotency
    const known = this.#known.get(nameOf(streamId, key))
    if (known === undefined || known.messageId === messageId || known.at <= at - KEEP_KEYS_MS) return null
    return {
      code: 'IDEMPOTENCY_IN_FLIGHT',
      message: 'The send of this key was accepted elsewhere; ask again in a moment.',
      retryable: true,
    }
  }

  add({ streamId, idempotency }: EncodedWrite): void {
    if (idempotency === undefined) return
    const { key, hash, messageId, at } = idempotency
    const name = nameOf(streamId, key)
    this.#known.set(name, { messageId, at })
    this.#new.set(name, [streamId, key, hash, messageId, at])
  }

  /** A stream was erased. */
  forget(streamId: string): void {
    for (const name of this.#known.keys()) if (name.startsWith(nameOf(streamId, ''))) this.#known.delete(name)
  }

  flush(sql: Sql): Promise<unknown> {
    const rows = [...this.#new.values()]
    this.#new = new Map()
    return insertMany(
      sql,
      'idempotency',
      { stream_id: 'text', key: 'text', hash: 'text', message_id: 'text', at: 'bigint' },
      rows,
      // A key that is used again was kept for its time: it stands for the new send.
      `ON CONFLICT (stream_id, key) DO UPDATE
       SET hash = excluded.hash, message_id = excluded.message_id, at = excluded.at`,
    )
  }
}
