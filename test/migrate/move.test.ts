import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { move } from '../../migrate/move.ts'
import { openSource } from '../../migrate/source.ts'
import { MOVED } from '../../migrate/tables.ts'
import { openTarget, type Target } from '../../migrate/target.ts'
import type { Store } from '../../src/ports/store.ts'
import { lockDataDir } from '../../src/store/lock.ts'
import { openStore } from '../../src/store/open-store.ts'
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
import { created, given, inbound, messageFact } from '../store/facts.ts'

const root = mkdtempSync(join(tmpdir(), 'migrate-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let dirs = 0
const fresh = () => join(root, `data-${++dirs}`)
/** What version 0.1 left after a kill: sessions, messages, files, deliveries that wait. */
const OLD = fileURLToPath(new URL('../fixtures/data-dir-0.1/killed/', import.meta.url))

await describeWithPostgres('npm run migrate', () => {
  const run = commandOf('migrate/run.ts')
  let schema: string
  let dataDir: string
  beforeEach(async () => {
    schema = await createSchema()
    dataDir = fresh()
  })
  afterEach(() => dropSchema(schema))
  const url = () => urlOfSchema(schema)
  const moveAll = async (change: (target: Target) => Target = target => target) => {
    const source = openSource(dataDir, { onlyLooks: false })
    const target = await openTarget(url(), { onlyLooks: false, keepDays: 30, onWarning: () => {} })
    try {
      const counts = await move(source, change(target))
      source.leave(target.id!)
      await target.commit()
      source.moveAway()
      return counts
    } finally {
      await target.close()
      source.close()
    }
  }
  const openMoved = () => openPostgresStore({ url: DATABASE_URL, schema, connections: 3 })
  const rowsOf = (sql: string) =>
    onPostgres(async client => {
      await client.query(`SET search_path = ${schema}`)
      return (await client.query(sql)).rows
    })

  /** All that a manager asks at its start, and what it shows. */
  async function seen(store: Store): Promise<object> {
    const sessions = await Array.fromAsync(store.sessions.all())
    const of = async (streamId: string) => ({
      facts: await store.log.after(streamId, 0, 10_000),
      creds: await store.keys.get(streamId, 'creds', ['0', '1']),
      unfinished: await store.keys.unfinished(streamId),
      unsent: await store.messages.unsent(streamId),
      received: await store.messages.received(streamId, 0, 10_000, 10_000),
      chats: await store.chats.newest(streamId, null, 100),
      downloads: await store.downloads.hasPending(streamId),
    })
    return {
      id: store.id,
      sessions,
      streams: await Promise.all(sessions.map(({ streamId }) => of(streamId))),
      waiting: await store.deliveries.page({ state: 'waiting', limit: 100 }),
      dead: await store.deliveries.page({ state: 'dead', limit: 100 }),
      lanes: await store.deliveries.lanes('', 100),
      unused: await store.media.unusedSince(Number.MAX_SAFE_INTEGER, 100),
      files: await store.media.isComplete(),
      list: await store.sessions.list({ limit: 10, q: 'o' }),
    }
  }

  it('what moved is what it was, of an old version too, and goes on from there', async () => {
    cpSync(OLD, dataDir, { recursive: true })
    const embedded = await openSqliteStore({ dataDir })
    const before = await seen(embedded)
    await embedded.close()
    const counts = await moveAll()
    expect(counts.map(({ table }) => table)).toEqual(MOVED.map(({ name }) => name))
    for (const table of ['sessions', 'events', 'keys', 'messages', 'message_keys', 'deliveries'])
      expect([table, counts.find(one => one.table === table)!.rows > 0]).toEqual([table, true])
    const store = await openMoved()
    expect(await seen(store)).toEqual(before)
    // What is made from now on has seqs, ids and places behind those of before.
    const [session] = await Array.fromAsync(store.sessions.all())
    const epoch = await store.claim(session!.streamId)
    const { head } = store.committed.follow(() => {})
    const seq = session!.lastSeq + 1
    await store.commit({ streamId: session!.streamId, epoch, events: [messageFact(seq)] })
    await given(store, 'new')
    expect((await Array.fromAsync(store.sessions.all())).at(-1)).toMatchObject({ sessionId: 'new' })
    expect(await store.committed.between(head, head + 2, 10)).toHaveLength(2)
    await store.close()
  })

  it('every table takes its rows, and a NUL in a name is left out', async () => {
    const embedded = await openSqliteStore({ dataDir })
    const streamId = await given(embedded, 'a')
    const common = { messageId: 'M2', chatId: '9@lid', seq: 2, at: 1, status: 'received' as const }
    await embedded.commit({
      ...{ streamId, epoch: 1, events: [messageFact(2)] },
      messages: [
        { insert: { ...common, direction: 'in', dedupeKey: '9@lid||0|M2', content: inbound('M2', 'a\0b') } },
      ],
      people: [
        { chatId: '9@lid', lid: '9@lid', number: null, username: 'x\0', names: ['9@lid'], learntAt: 1 },
      ],
      contactNames: [{ jid: '9@lid', name: 'A\0na' }],
      chatTimers: [{ chat: '9@lid', expiration: 60, setAt: 1 }],
      keys: [{ type: 'session', id: '1', value: Buffer.from([0, 255]) }],
      inbox: [{ put: { hash: 'h', plaintext: Buffer.from('x'), stanza: '{}', at: 1 } }],
    })
    await embedded.commit(created('gone'))
    await embedded.commit({ streamId: 'stream-of-gone', epoch: 1, events: [messageFact(2)], erase: 'stream' })
    await embedded.close()
    await moveAll()
    const store = await openMoved()
    expect(await store.accountEvents.nameOf(streamId, '9@lid')).toBe('Ana')
    expect(await store.people.find(streamId, '9@lid')).toMatchObject({ username: 'x' })
    expect(await store.messages.find(streamId, 'M2')).toMatchObject({ content: { body: 'a\0b' } })
    expect(await store.chatTimers.find(streamId, ['9@lid'])).toEqual({ expiration: 60, setAt: 1 })
    expect(await store.keys.get(streamId, 'session', ['1'])).toEqual({ 1: new Uint8Array([0, 255]) })
    expect(await store.keys.unfinished(streamId)).toHaveLength(1)
    await given(store, 'gone').catch(error => expect(error.code).toBe('SEQ_CONFLICT'))
    await store.commit(created('gone', { streamId: 'another-life' }))
    await store.close()
  })

  it('a row that came out otherwise ends it, and nothing is kept: it can be tried again', async () => {
    await (await openSqliteStore({ dataDir })).close()
    const embedded = await openSqliteStore({ dataDir })
    await given(embedded, 'a')
    await embedded.close()
    const altered = moveAll(target => ({
      ...target,
      async *rows(table) {
        for await (const row of target.rows(table))
          yield table.name === 'events' ? row.map(value => (value === 1_001 ? 1_002 : value)) : row
      },
    }))
    await expect(altered).rejects.toThrow(
      /^A row of events is not in PostgreSQL .* seq 1\): nothing was kept$/,
    )
    expect(await rowsOf('SELECT 1 FROM sessions')).toEqual([])
    expect(existsSync(join(dataDir, 'store.sqlite'))).toBe(true)
    expect(await moveAll()).toContainEqual(expect.objectContaining({ table: 'sessions', rows: 1 }))
  })

  it('by its command: looks first, moves once, and is refused where it would do harm', async () => {
    const embedded = await openSqliteStore({ dataDir })
    await given(embedded, 'a')
    const looked = await run('--from', dataDir, '--to', url(), '--dry-run')
    expect(looked).toMatchObject({
      code: 0,
      table: expect.stringMatching(/events +1\n(?:.*\n)*.*1 session would move/),
    })
    expect(await rowsOf("SELECT to_regclass('sessions') AS made")).toEqual([{ made: null }])
    const inUse = await run('--from', dataDir, '--to', url())
    expect(inUse).toMatchObject({
      code: 1,
      progress: expect.stringMatching(/is in use by another running manager/),
    })
    await embedded.close()
    const { code, table } = await run('--from', dataDir, '--to', url())
    expect([code, table]).toEqual([0, expect.stringMatching(/events +1 {2}sha256 [0-9a-f]{16}\n/)])
    const again = await run('--from', dataDir, '--to', url())
    expect(again).toMatchObject({ code: 1, progress: expect.stringMatching(/^The store of .* has moved/) })
    const other = fresh()
    await (await openSqliteStore({ dataDir: other })).close()
    const full = await run('--from', other, '--to', url())
    expect(full).toMatchObject({
      code: 1,
      progress: expect.stringMatching(/^There is something in the database/),
    })
    // The directory is nobody's, and nobody goes on from what moved.
    lockDataDir(dataDir)()
    await expect(openStore({ dataDir, databaseUrl: null })).rejects.toMatchObject({ code: 'BAD_CONFIG' })
  })

  it('says in one line what it lacks, without a password', async () => {
    const nowhere = await run('--from', dataDir, '--to', 'http://me:hunter2@db.test')
    expect(nowhere).toMatchObject({
      code: 1,
      progress: expect.stringMatching(/^Where to\? Give --to postgres:/),
    })
    const none = await run('--from', dataDir, '--to', url())
    expect(none.progress).toBe(`There is no store.sqlite in ${dataDir}\n`)
    await (await openSqliteStore({ dataDir })).close()
    const away = await run('--from', dataDir, '--to', 'postgres://me:hunter2@127.0.0.1:1/wm')
    expect(away.progress).toMatch(/^PostgreSQL cannot be used at the moment \(ECONNREFUSED\)[^\n]+\n$/)
    expect(nowhere.progress + away.progress).not.toContain('hunter2')
  })
})
