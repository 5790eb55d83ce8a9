import type { EncodedWrite } from '../../encoded-write.ts'
import { columnsOf, insertMany, unnest } from '../bulk.ts'
import type { Param, Sql } from '../connection.ts'

const EMPTY = new Uint8Array()

/** Signal keys, credentials and decrypted stanzas of one group of writes: of each the last value counts. */
export class KeyWrites {
  readonly #now: number
  readonly #keepsDone: boolean
  #keys = new Map<string, [streamId: string, type: string, id: string, value: Uint8Array | null]>()
  /** Stanzas that were done before they were put, if they were. */
  #done = new Map<string, [streamId: string, hash: string]>()
  #put = new Map<string, { row: Param[]; done: boolean }>()

  constructor({ now, keepsDone }: { now: number; keepsDone: boolean }) {
    this.#now = now
    this.#keepsDone = keepsDone
  }

  add({ streamId, keys = [], inbox = [] }: EncodedWrite): void {
    for (const { type, id, value } of keys)
      this.#keys.set(`${streamId}\0${type}\0${id}`, [streamId, type, id, value])
    for (const row of inbox) {
      const hash = 'done' in row ? row.done : row.put.hash
      const key = `${streamId}\0${hash}`
      const put = this.#put.get(key)
      if ('put' in row) {
        const { plaintext, stanza, at } = row.put
        if (!put) this.#put.set(key, { row: [streamId, hash, plaintext, stanza, at], done: false })
      } else if (put) put.done = true
      else this.#done.set(key, [streamId, hash])
    }
  }

  flush(sql: Sql): Promise<unknown> {
    const keys = [...this.#keys.values()]
    const gone = keys.filter(([, , , value]) => value === null).map(key => key.slice(0, 3) as Param[])
    const kept = keys.filter(([, , , value]) => value !== null)
    const done = [...this.#done.values()]
    const put = [...this.#put.values()].map(({ row, done }) => {
      const [streamId, hash, plaintext, stanza, at] = row as [string, string, Uint8Array, string, number]
      const shrunk = done && !this.#keepsDone
      return [streamId, hash, shrunk ? EMPTY : plaintext, shrunk ? '' : stanza, at, done ? this.#now : null]
    })
    this.#keys = new Map()
    this.#done = new Map()
    this.#put = new Map()
    const shrink = this.#keepsDone ? '' : ", plaintext = '', stanza = ''"
    return Promise.all([
      gone.length > 0 &&
        sql.run(
          `DELETE FROM keys k USING ${unnest(['text', 'text', 'text'])} AS u(stream_id, type, id)
           WHERE k.stream_id = u.stream_id AND k.type = u.type AND k.id = u.id`,
          ...columnsOf(gone, 3),
        ),
      insertMany(
        sql,
        'keys',
        { stream_id: 'text', type: 'text', id: 'text', value: 'bytea' },
        kept,
        'ON CONFLICT (stream_id, type, id) DO UPDATE SET value = excluded.value',
      ),
      done.length > 0 &&
        sql.run(
          `UPDATE inbox i SET done_at = $3${shrink} FROM ${unnest(['text', 'text'])} AS u(stream_id, hash)
           WHERE i.stream_id = u.stream_id AND i.hash = u.hash AND i.done_at IS NULL`,
          ...columnsOf(done, 2),
          this.#now,
        ),
      insertMany(
        sql,
        'inbox',
        {
          stream_id: 'text',
          hash: 'text',
          plaintext: 'bytea',
          stanza: 'text',
          at: 'bigint',
          done_at: 'bigint',
        },
        put,
        `ON CONFLICT (stream_id, hash) DO UPDATE SET done_at = excluded.done_at${shrink}
         WHERE inbox.done_at IS NULL AND excluded.done_at IS NOT NULL`,
      ),
    ])
  }
}
