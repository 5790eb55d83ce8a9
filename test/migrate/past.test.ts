import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { PruneStep, Store } from '../../src/ports/store.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import {
  createSchema,
  DATABASE_URL,
  describeWithPostgres,
  dropSchema,
  onPostgres,
  urlOfSchema,
} from '../postgres.ts'
import { commandOf } from '../run-command.ts'
import { given, inbound, lifecycle, messageFact } from '../store/facts.ts'

const DAY = 86_400_000
const TABLES = ['events_of_messages', 'messages']

await describeWithPostgres('What moves into PostgreSQL with months behind it', () => {
  const run = commandOf('migrate/run.ts')
  let schema: string
  let dataDir: string
  beforeEach(async () => {
    schema = await createSchema()
    dataDir = mkdtempSync(join(tmpdir(), 'migrate-past-'))
  })
  afterEach(async () => {
    await dropSchema(schema)
    rmSync(dataDir, { recursive: true, force: true })
    delete process.env.EVENTS_KEEP_DAYS
    delete process.env.MESSAGES_KEEP_DAYS
  })
  const url = () => urlOfSchema(schema)

  const received = async (store: Store, streamId: string, seq: number, at: number) =>
    store.commit({
      ...{ streamId, epoch: 1, events: [{ ...messageFact(seq), at }] },
      messages: [
        {
          insert: {
            ...{ messageId: `M${seq}`, chatId: '1@lid', direction: 'in', status: 'received', seq, at },
            ...{ content: inbound(`M${seq}`, 'x'), dedupeKey: `1@lid||0|M${seq}` },
          },
        },
      ],
    })
  /** Messages of these times, as the embedded store has them. */
  async function embed(times: number[]): Promise<string> {
    const store = await openSqliteStore({ dataDir })
    const streamId = await given(store, 'a')
    let seq = 1
    for (const at of times) await received(store, streamId, ++seq, at)
    await store.commit({ streamId, epoch: 1, events: [{ ...lifecycle(++seq, 'open.settled'), at: 1 }] })
    await store.close()
    return streamId
  }
  /** Rows of each partition that has some, by the end of its name. */
  async function rowsIn(table: string): Promise<Map<string, number>> {
    return onPostgres(async client => {
      await client.query(`SET search_path = ${schema}`)
      const { rows } = await client.query<{ name: string; rows: number }>(
        `SELECT tableoid::regclass::text AS name, count(*)::int AS rows FROM ${table} GROUP BY 1 ORDER BY 1`,
      )
      return new Map(rows.map(({ name, rows }) => [name.replace(`${table}_`, ''), rows]))
    })
  }
  const open = (keepDays: number) =>
    openPostgresStore({ url: DATABASE_URL, schema, connections: 3, keepDays })
  async function pruneAll(store: Store, before: number): Promise<void> {
    let from: PruneStep['next'] = { session: 0, seq: 0 }
    while (from !== null) {
      const step: PruneStep = await store.prune({
        ...{ factsBefore: before, messagesBefore: before, from, limit: 500 },
      })
      from = step.next
    }
  }

  it('lies in partitions of its time, which retention drops, and goes on beside what is new', async () => {
    const now = Date.now()
    const days = Array.from({ length: 90 }, (_, i) => now - i * DAY)
    const streamId = await embed(days)
    process.env.EVENTS_KEEP_DAYS = '0'
    process.env.MESSAGES_KEEP_DAYS = '30'
    expect(await run('--from', dataDir, '--to', url())).toMatchObject({ code: 0 })
    for (const table of TABLES) {
      const rows = await rowsIn(table)
      expect(rows.get('rest')).toBeUndefined()
      // Two days in each of the newer ones, as the manager makes them for 30 days.
      expect(rows.size).toBeGreaterThan(30)
      expect([...rows.values()].reduce((sum, one) => sum + one, 0)).toBe(90)
    }
    const store = await open(30)
    await received(store, streamId, 93, now)
    for (const table of TABLES) expect((await rowsIn(table)).get('rest')).toBeUndefined()
    await pruneAll(store, now - 30 * DAY)
    for (const table of TABLES) {
      const rows = await rowsIn(table)
      expect(rows.get('rest')).toBeUndefined()
      const left = [...rows.values()].reduce((sum, one) => sum + one, 0)
      // Nothing that is kept is gone, and of what is not no more than shares a partition with it.
      expect(left).toBeGreaterThanOrEqual(31)
      expect(left).toBeLessThanOrEqual(33)
    }
    expect((await store.log.after(streamId, 0, 1)).map(({ seq }) => seq)).toEqual([1])
    expect(await store.messages.goneTo(streamId)).toBeGreaterThan(58)
    await store.close()
  })

  it('has no partition for times of a clock that was wrong', async () => {
    const now = Date.now()
    await embed([1, Date.UTC(1999, 0), now - 400 * DAY, now, now + 40_000 * DAY])
    process.env.MESSAGES_KEEP_DAYS = '7'
    expect(await run('--from', dataDir, '--to', url())).toMatchObject({ code: 0 })
    for (const table of TABLES) {
      const rows = await rowsIn(table)
      expect(rows.get('rest')).toBe(3)
      expect(rows.size).toBe(3)
    }
    const store = await open(7)
    await pruneAll(store, now - 7 * DAY)
    for (const table of TABLES)
      expect([...(await rowsIn(table)).values()].reduce((sum, one) => sum + one, 0)).toBe(2)
    await store.close()
  })

  it('fits beside partitions that a manager made before, of whatever width', async () => {
    await (await open(0)).close()
    const now = Date.now()
    await embed(Array.from({ length: 60 }, (_, i) => now + DAY - i * DAY))
    process.env.MESSAGES_KEEP_DAYS = '30'
    expect(await run('--from', dataDir, '--to', url())).toMatchObject({ code: 0 })
    for (const table of TABLES) expect((await rowsIn(table)).get('rest')).toBeUndefined()
    await (await open(30)).close()
  })
})
