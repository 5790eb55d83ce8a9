import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Store } from '../../src/ports/store.ts'
import { SCHEMA_VERSION, STEPS } from '../../src/store/schema.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { storeContract } from './contract.ts'
import { given, living, messageFact } from './facts.ts'

storeContract('sqlite', dataDir => openSqliteStore({ dataDir }))

const DAY = 24 * 60 * 60 * 1000

describe('the SQLite files', () => {
  let dir: string
  const opened: Store[] = []
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'store-'))
  })
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close()
    rmSync(dir, { recursive: true })
  })
  const open = async (options: { now?: () => number; maxPages?: number } = {}) => {
    const store = await openSqliteStore({ dataDir: dir, ...options })
    opened.push(store)
    return store
  }
  const alter = (sql: string) => {
    const db = new DatabaseSync(join(dir, 'store.sqlite'))
    db.exec(sql)
    db.close()
  }

  test('a data directory has one owner, also within a process', async () => {
    const first = await open()
    await expect(open()).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE', retryable: false })
    await expect(open()).rejects.toThrow(new RegExp(`^DATA_DIR ${dir} is in use [^\n]*$`))
    await given(first, 'a')
    await first.close()
    expect((await living(await open(), 'a')).lastSeq).toBe(1)
  })

  test('the files are for the owner alone', async () => {
    dir = join(dir, 'made', 'here')
    await given(await open(), 'a')
    expect(statSync(dir).mode & 0o777).toBe(0o700)
    const files = readdirSync(dir).filter(name => name.startsWith('store.'))
    expect(files).toEqual(['store.sqlite', 'store.sqlite-shm', 'store.sqlite-wal'])
    for (const name of files) expect([name, statSync(join(dir, name)).mode & 0o077]).toEqual([name, 0])
  })

  test('a file of a newer schema is refused in one line, and left alone', async () => {
    await (await open()).close()
    alter('PRAGMA user_version = 99')
    await expect(open()).rejects.toMatchObject({ code: 'BAD_CONFIG' })
    await expect(open()).rejects.toThrow(/^DATA_DIR was written by a newer version \(schema 99, [^\n]*$/)
    alter(`PRAGMA user_version = ${SCHEMA_VERSION}`)
    await open()
  })

  test('a file of a newer schema is refused also when the process was busy until the thread of the store had ended', async () => {
    await (await open()).close()
    alter('PRAGMA user_version = 99')
    const opening = open()
    // The end of the thread and what it said before are now handed over together.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000)
    await expect(opening).rejects.toMatchObject({ code: 'BAD_CONFIG' })
  })

  test('a file of the first schema is brought up to date, with all that it holds', async () => {
    alter(`${STEPS[0]}
      INSERT INTO sessions (stream_id, session_id, user_id, epoch, last_seq, created_at, last_activity, state_seq, top_state, search)
        VALUES ('stream-of-a', 'a', '42', 3, 1, 1000, 1000, 1, 'starting', 'a');
      INSERT INTO events VALUES ('stream-of-a', 1, 1000, 'session.created', '{}', 'starting.connecting', '{}', '1');
      PRAGMA user_version = 1`)
    const store = await open()
    expect(await living(store, 'a')).toMatchObject({ lastSeq: 1, epoch: 3, state: 'starting.connecting' })
    expect(store.id).toMatch(/^[0-9a-f]{16}$/)
    await store.commit({
      streamId: 'stream-of-a',
      epoch: 3,
      events: [messageFact(2)],
      idempotency: { key: 'k', hash: 'h', messageId: 'M', at: 1 },
    })
    expect(await store.messages.idempotent('stream-of-a', 'k', 2)).toMatchObject({ messageId: 'M' })
    const { id } = store
    await store.close()
    expect((await open()).id).toBe(id)
  })

  test('a file that is no database is refused', async () => {
    writeFileSync(join(dir, 'store.sqlite'), 'this is a letter to my aunt, not a database\n'.repeat(100))
    await expect(open()).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(readFileSync(join(dir, 'store.sqlite'), 'utf8')).toMatch(/^this is a letter/)
    writeFileSync(join(dir, 'file'), '')
    for (const dataDir of [join(dir, 'file'), join(dir, 'file', 'below')])
      await expect(openSqliteStore({ dataDir })).rejects.toMatchObject({ code: 'BAD_CONFIG' })
    mkdirSync(join(dir, 'odd', 'lock.sqlite'), { recursive: true })
    await expect(openSqliteStore({ dataDir: join(dir, 'odd') })).rejects.toMatchObject({ code: 'BAD_CONFIG' })
  })

  test('writes of one tick share a commit', async () => {
    const store = await open()
    const streams = await Promise.all(Array.from({ length: 500 }, (_, i) => given(store, `s${i}`)))
    await store.close()
    const again = await open()
    await Promise.all(streams.map(streamId => again.commit({ streamId, epoch: 1, events: [messageFact(2)] })))
    // Each commit writes at least its events page and its sessions page; 500 of them would be 4 MB.
    expect(statSync(join(dir, 'store.sqlite-wal')).size).toBeLessThan(1_500_000)
  })

  test('a full disk fails the whole commit, leaves no gap, and later writes work again', async () => {
    const store = await open({ maxPages: 120 })
    const streams = await Promise.all(['a', 'b', 'c', 'd'].map(id => given(store, id)))
    const last = new Map(streams.map(streamId => [streamId, 1]))
    const big = (streamId: string, ahead: number, bytes = 6_000) => {
      const seq = last.get(streamId)! + ahead
      return store
        .commit({
          streamId,
          epoch: 1,
          events: [messageFact(seq)],
          keys: [{ type: 't', id: String(seq), value: Buffer.alloc(bytes) }],
        })
        .then(() => {
          last.set(streamId, seq)
        })
    }
    let failures: PromiseRejectedResult[] = []
    while (failures.length === 0) {
      const results = await Promise.allSettled(streams.map(streamId => big(streamId, 1)))
      failures = results.filter(result => result.status === 'rejected')
      // One commit, one fate.
      if (failures.length > 0) expect(failures).toHaveLength(streams.length)
    }
    for (const { reason } of failures) expect(reason).toMatchObject({ code: 'STORE_FAILED', retryable: true })
    expect(failures[0]?.reason.message).toMatch(/disk is full/)

    // What is in flight behind a failure fails too, small as it may be.
    const [streamId] = streams as [string]
    const behind = await Promise.allSettled([
      big(streamId, 1, 30_000),
      store.commit({ streamId, epoch: 1, events: [messageFact(last.get(streamId)! + 2)] }),
      store.commit({ streamId, epoch: 1, lastActivity: 99_999 }),
    ])
    for (const result of behind) expect(result).toMatchObject({ reason: { code: 'STORE_FAILED' } })
    expect((await living(store, 'a')).lastActivity).toBe(1_000)

    await store.commit({
      streamId: 'stream-of-d',
      epoch: 1,
      events: [messageFact(last.get('stream-of-d')! + 1)],
      erase: 'stream',
    })
    for (const id of ['a', 'b', 'c']) {
      await big(`stream-of-${id}`, 1)
      const seqs = (await store.log.after(`stream-of-${id}`, 0, 1_000)).map(event => event.seq)
      expect(seqs).toEqual(Array.from({ length: last.get(`stream-of-${id}`)! }, (_, i) => i + 1))
    }
  })

  test('what was erased cannot be read from the files', async () => {
    const store = await open()
    const streamId = await given(store, 'a')
    const secret = 'noise-key-and-a-private-word'
    await store.commit({
      streamId,
      epoch: 1,
      events: [{ ...messageFact(2), data: { secret } }],
      keys: Array.from({ length: 20 }, (_, i) => ({
        type: 't',
        id: `${i}`,
        value: Buffer.from(secret.repeat(300)),
      })),
      inbox: [{ put: { hash: 'h', plaintext: Buffer.from(secret), stanza: secret, at: 1 } }],
    })
    const leaks = () => readdirSync(dir).filter(name => readFileSync(join(dir, name)).includes(secret))
    expect(leaks()).not.toEqual([])
    await store.commit({ streamId, epoch: 1, events: [messageFact(3, 'session.deleted')], erase: 'stream' })
    await vi.waitFor(() => expect(leaks()).toEqual([]), 10_000)
  })

  test('done stanzas are forgotten after 14 days, a hundred at a time, never at a start', async () => {
    let now = 1_000 * DAY
    const store = await open({ now: () => now })
    const streamId = await given(store, 'a')
    const hashes = Array.from({ length: 250 }, (_, i) => `h${i}`)
    const put = (hash: string) => ({ put: { hash, plaintext: new Uint8Array([1]), stanza: '{}', at: now } })
    await store.commit({ streamId, epoch: 1, inbox: [...hashes, 'open'].map(put) })
    await store.commit({ streamId, epoch: 1, inbox: hashes.map(hash => ({ done: hash })) })
    await store.close()

    const again = await open({ now: () => now })
    const left = async () =>
      (await Promise.all(hashes.map(hash => again.keys.inbox(streamId, hash)))).filter(row => row).length
    const touch = () => again.commit({ streamId, epoch: 1, lastActivity: now })
    now += 14 * DAY
    await touch()
    now += 1_000
    await touch()
    expect(await left()).toBe(150)
    await touch()
    expect(await left()).toBe(150)
    for (let i = 0; i < 3; i++) {
      now += 1_000
      await touch()
    }
    expect(await left()).toBe(0)
    expect((await again.keys.unfinished(streamId)).map(row => row.hash)).toEqual(['open'])
  })

  test('a done stanza is known for 14 days', async () => {
    let now = 1_000 * DAY
    const store = await open({ now: () => now })
    const streamId = await given(store, 'a')
    const put = { hash: 'h', plaintext: new Uint8Array([1]), stanza: '{}', at: now }
    await store.commit({ streamId, epoch: 1, inbox: [{ put }, { done: 'h' }] })
    now += 14 * DAY - 1
    await store.commit({ streamId, epoch: 1, lastActivity: now })
    expect(await store.keys.inbox(streamId, 'h')).not.toBeNull()
  })

  test('dead letters are forgotten after 30 days', async () => {
    let now = 1_000 * DAY
    const store = await open({ now: () => now })
    const streamId = await given(store, 'a')
    const delivery = {
      webhookId: 'w',
      kind: 'status' as const,
      lane: 'l',
      sessionId: 'a',
      seq: 1,
      at: 1,
      payload: {},
    }
    await store.commit({ streamId, epoch: 1, deliveries: [delivery] })
    await store.deliveries.settle((await store.deliveries.head('l'))!.id, {
      dead: true,
      at: now,
      error: 'no',
    })
    now += 30 * DAY
    await store.commit({ streamId, epoch: 1, lastActivity: now })
    expect((await store.deliveries.counts()).dead).toBe(1)
    now += 1_000
    await store.commit({ streamId, epoch: 1, lastActivity: now })
    expect((await store.deliveries.counts()).dead).toBe(0)
  })
})
