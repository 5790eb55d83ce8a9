import { randomBytes } from 'node:crypto'
import { globSync, utimesSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { createUpkeep } from '../../src/cluster/upkeep.ts'
import { openMediaStore } from '../../src/media/media-store.ts'
import type { MediaStore } from '../../src/ports/media/media-store.ts'
import type { Store } from '../../src/ports/store.ts'
import { createErasure } from '../../src/sessions/erasure.ts'
import { createRetention } from '../../src/sessions/retention.ts'
import { openOwnerTable } from '../../src/store/postgres/owners.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres.ts'
import { createTestClock } from '../base/clock.ts'
import { DATABASE_URL, describeWithPostgres } from '../postgres.ts'
import { given, messageFact } from '../store/facts.ts'
import { TestSchema } from '../store/postgres/test-schema.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const LEASE = 60 * MINUTE
const KEPT = { eventsMs: null, messagesMs: null, bodiesMs: DAY, mediaMs: DAY }
const WAIT = { timeout: 20_000, interval: 5 }

await describeWithPostgres('Two nodes on one database', () => {
  const schema = new TestSchema()
  const folders: string[] = []
  const ends: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
    await schema.empty()
  })
  afterAll(() => schema.drop())

  /** Which node is asked to remove something, from its question to the answer. */
  class Watch {
    readonly steps: { node: string; what: string; count: number }[] = []
    readonly #busy = new Set<string>()
    together = 0

    around<Args extends unknown[], T>(
      node: string,
      what: string,
      work: (...args: Args) => Promise<T>,
      countOf: (result: T) => number,
    ) {
      return async (...args: Args): Promise<T> => {
        this.#busy.add(node)
        if (this.#busy.size > 1) this.together++
        try {
          const result = await work(...args)
          this.steps.push({ node, what, count: countOf(result) })
          return result
        } finally {
          this.#busy.delete(node)
        }
      }
    }

    removed = (what: string) =>
      this.steps.filter(step => step.what === what).reduce((sum, { count }) => sum + count, 0)
    nodes = () => [...new Set(this.steps.map(({ node }) => node))]
  }

  async function node(name: string, folder: string, watch: Watch, onStep = async () => {}) {
    const clock = createTestClock(Date.now())
    const options = { url: DATABASE_URL, schema: await schema.name() }
    const { server, ...opened } = await openPostgresStore({ ...options, connections: 4, now: clock.now })
    const owners = openOwnerTable(options)
    await owners.join({ node: name, url: '', place: `disk of ${name}` }, LEASE)
    const lines: string[] = []
    const logger = pino({}, { write: (line: string) => void lines.push(line) })
    let alive = true
    const upkeep = createUpkeep({ table: server.upkeep, node: () => (alive ? name : null), logger })
    const media = openMediaStore({ dataDir: folder, sharedFolder: folder, clock, table: opened.media })
    const files: MediaStore = {
      ...media,
      remove: watch.around(name, 'removed files', media.remove, Number),
      prune: watch.around(name, 'files', media.prune, ({ removed }) => removed),
    }
    const eraseBodies = async (...args: Parameters<Store['eraseBodies']>) => {
      await onStep()
      return opened.eraseBodies(...args)
    }
    const store: Store = {
      ...opened,
      eraseBodies: watch.around(name, 'words', eraseBodies, count => count),
      eraseDeleted: watch.around(name, 'deleted', opened.eraseDeleted, count => count),
    }
    const parts = { store, files, clock, logger, upkeep }
    const erasure = createErasure(parts)
    const retention = createRetention({
      ...{ ...parts, keep: KEPT, sendMaxAgeMs: MINUTE, removeFiles: erasure.removeFiles },
    })
    ends.push(
      () => erasure.stop(),
      () => retention.stop(),
      () => owners.close(),
      () => opened.close(),
    )
    return {
      ...{ clock, store: erasure.store, erasure, retention, media, lines },
      /** Its lease is over, and it does not know of it. */
      lapse: () =>
        schema.query("UPDATE nodes SET lease_until = now() - interval '1 ms' WHERE node = $1", [name]),
      /** It does. */
      lose: () => {
        alive = false
      },
    }
  }
  async function twoNodes(onStepOfA = async () => {}) {
    const folder = await mkdtemp(join(tmpdir(), 'whatsapp-manager-'))
    folders.push(folder)
    const watch = new Watch()
    const [a, b] = [await node('a', folder, watch, onStepOfA), await node('b', folder, watch)]
    const filesLeft = () => globSync(join(folder, '??', '*')).length
    /** Files that nobody has used for a month. */
    const oldFiles = async (count: number) => {
      for (let i = 0; i < count; i++) await a.media.put([randomBytes(20)] as never, { maxBytes: 100 })
      const before = (Date.now() - 30 * DAY) / 1000
      for (const file of globSync(join(folder, '??', '*'))) utimesSync(file, before, before)
      await schema.query('UPDATE media SET used_at = 1')
    }
    return { a, b, watch, filesLeft, oldFiles }
  }
  const oldMessages = (count: number, streamId = 'stream-of-s') =>
    schema.query(
      `INSERT INTO messages (stream_id, seq, at, message_id, chat_id, direction, dedupe_key, content, status, history)
       SELECT $1, n, n, 'M' || n, 'chat', 'in', 'k' || n, '{"body":"words"}', 'received', '[]' FROM generate_series(1, $2::int) n`,
      [streamId, count],
    )
  const wholeLeft = async () =>
    (await schema.query<{ n: number }>('SELECT count(*)::int AS n FROM messages WHERE erased_at IS NULL'))[0]!
      .n

  /** Time passes at both until something holds. */
  const until = (nodes: { clock: { advance(ms: number): Promise<void> } }[], holds: () => unknown) =>
    vi.waitFor(async () => {
      await Promise.all(nodes.map(({ clock }) => clock.advance(1_000)))
      await holds()
    }, WAIT)

  it('each thing that is too old goes once, and one round of one of them is enough for both', async () => {
    const { a, b, watch, filesLeft, oldFiles } = await twoNodes()
    await oldMessages(2_300)
    await oldFiles(230)
    for (const { retention } of [a, b]) retention.start()
    await Promise.all([a, b].map(({ clock }) => clock.advance(MINUTE)))
    await until([a, b], async () => {
      expect([await wholeLeft(), filesLeft()]).toEqual([0, 0])
      expect([...a.lines, ...b.lines].some(line => line.includes('was removed'))).toBe(true)
    })
    expect([watch.removed('words'), watch.removed('files'), watch.together]).toEqual([2_300, 230, 0])
    expect(watch.nodes()).toHaveLength(1)
    expect([...a.lines, ...b.lines].filter(line => line.includes('was removed'))).toEqual([
      expect.stringContaining('"bodies":2300,"media":230'),
    ])
    // Whoever did not do it finds at its next look that it was done.
    const { length } = watch.steps
    await Promise.all([a, b].map(({ retention }) => retention.stop()))
    expect(watch.steps).toHaveLength(length)
  })

  it('what a node leaves that is gone in the middle is done by the other, nothing of it twice', async () => {
    const asleep = Promise.withResolvers<void>()
    let steps = 0
    const { a, b, watch } = await twoNodes(async () => {
      if (++steps === 3) await asleep.promise
    })
    await oldMessages(2_300)
    a.retention.start()
    await a.clock.advance(MINUTE)
    await until([a], () => expect(steps).toBe(3))
    b.retention.start()
    await b.clock.advance(MINUTE)
    await until([b], () => expect(b.lines).toEqual([]))
    expect(watch.nodes()).toEqual(['a'])
    await a.lapse()
    await b.clock.advance(15 * MINUTE)
    await until([b], async () => expect(await wholeLeft()).toBe(0))
    // It wakes, does what it was about to do, and nothing after it.
    a.lose()
    asleep.resolve()
    await until([a, b], () => expect(watch.steps.filter(({ node }) => node === 'a')).toHaveLength(3))
    await a.retention.stop()
    expect(watch.removed('words')).toBe(2_300)
    expect(steps).toBe(3)
  })

  it('a large session that is deleted is erased once and whole, also by the other if its node is gone', async () => {
    const { a, b, watch } = await twoNodes()
    const left = async () =>
      (
        await schema.query<{ n: number }>(
          'SELECT (SELECT count(*) FROM messages)::int + (SELECT count(*) FROM erasures)::int AS n',
        )
      )[0]!.n
    const remove = async (of: typeof a, name: string, count: number) => {
      const streamId = await given(of.store, name)
      await oldMessages(count, streamId)
      const deleted = { ...messageFact(2), type: 'session.deleted' }
      await of.store.commit({ streamId, epoch: 1, events: [deleted], erase: 'stream' })
    }
    await Promise.all([remove(a, 'one', 2_000), remove(b, 'two', 2_000)])
    await until([a, b], async () => expect(await left()).toBe(0))
    expect(watch.together).toBe(0)
    // All but what the commits of the deletions erased themselves.
    const rest = watch.removed('deleted')
    expect(rest).toBeGreaterThan(3_000)
    expect(rest).toBeLessThan(4_100)

    a.lose()
    await remove(a, 'three', 2_000)
    expect(await left()).toBeGreaterThan(1_000)
    b.erasure.start()
    await until([b], async () => expect(await left()).toBe(0))
  })

  it('a node looks now and then whether another one has left something', async () => {
    const { a, b } = await twoNodes()
    b.erasure.start()
    await b.erasure.idle()
    a.lose()
    const streamId = await given(a.store, 'one')
    await oldMessages(1_000, streamId)
    const deleted = { ...messageFact(2), type: 'session.deleted' }
    await a.store.commit({ streamId, epoch: 1, events: [deleted], erase: 'stream' })
    const left = () => schema.query('SELECT FROM erasures')
    expect(await left()).toHaveLength(1)
    await b.clock.advance(15 * MINUTE)
    await until([b], async () => expect(await left()).toEqual([]))
  })
})
