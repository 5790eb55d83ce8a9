import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { SendContent } from '../../src/messages/send.ts'
import type { MessageWrite } from '../../src/ports/message-table.ts'
import { createErasure } from '../../src/sessions/erasure.ts'
import { createTestClock } from '../base/clock.ts'
import { created, inbound, messageFact } from '../store/facts.ts'
import { MemoryStore } from './memory-store.ts'

const id = (n: number) => n.toString(16).padStart(64, '0')

async function createWorld() {
  const { store, stored } = new MemoryStore(() => 1_000)
  const removed: string[] = []
  const world = { removed, broken: false, logs: [] as string[], store }
  const files = {
    async remove(given: string, onlyIf: () => Promise<boolean> = async () => true) {
      if (!(await onlyIf())) return false
      if (world.broken) throw new Error('no permission')
      removed.push(given)
      return true
    },
  }
  const clock = createTestClock()
  const logger = pino({}, { write: line => void world.logs.push(line) })
  const erasure = createErasure({ store, files, clock, logger })
  world.store = erasure.store
  for (const name of ['a', 'b']) await store.commit(created(name))
  const put = (
    name: string,
    seq: number,
    insert: Partial<Extract<MessageWrite, { insert: unknown }>['insert']>,
  ) => ({
    streamId: `stream-of-${name}`,
    epoch: 1,
    events: [messageFact(seq)],
    messages: [
      {
        insert: {
          messageId: `M${seq}`,
          chatId: 'chat',
          direction: 'in' as const,
          dedupeKey: `k${seq}`,
          content: inbound(`M${seq}`, 'x'),
          status: 'received' as const,
          seq,
          at: 1,
          ...insert,
        },
      },
    ],
  })
  return {
    ...world,
    erasure,
    disk: store,
    stored,
    break: () => (world.broken = true),
    receive: (name: string, seq: number, file: number) =>
      world.store.commit({
        ...put(name, seq, {}),
        downloads: [
          {
            seq,
            at: 1,
            source: {
              id: id(file),
              kind: 'image',
              directPath: '/x',
              host: null,
              mediaKey: '',
              encryptedId: '',
              size: 1,
            },
          },
        ],
      }),
    send(name: string, seq: number, file: number, status: 'queued' | 'sent') {
      const media = { url: null, id: id(file), ready: true } as never
      const content: SendContent = {
        type: 'image',
        to: 'chat',
        reply_to: null,
        media,
        caption: null,
        ptt: false,
      }
      return world.store.commit(
        put(name, seq, { direction: 'out', dedupeKey: `out|${seq}`, content, status }),
      )
    },
    erase: (name: string) => world.store.commit({ streamId: `stream-of-${name}`, epoch: 1, erase: 'stream' }),
  }
}

describe('The deletion of a session', () => {
  it('erases the media files that only its messages have', async () => {
    const world = await createWorld()
    await world.receive('a', 2, 1)
    await world.receive('a', 3, 1)
    await world.receive('a', 4, 2)
    await world.receive('b', 2, 2)
    await world.send('a', 5, 3, 'sent')
    await world.send('a', 6, 4, 'queued')
    await world.send('b', 3, 4, 'queued')
    await world.send('a', 7, 5, 'queued')
    await world.send('b', 4, 5, 'sent')
    await world.receive('b', 5, 6)
    expect(world.removed).toEqual([])
    await world.erase('a')
    expect(world.removed.toSorted()).toEqual([id(1), id(3), id(5)])
    await world.erase('b')
    expect(world.removed.slice(3).toSorted()).toEqual([id(2), id(4), id(5), id(6)])
  })

  it('erases no file when the deletion is not committed', async () => {
    const world = await createWorld()
    await world.receive('a', 2, 1)
    const stale = world.store.commit({ streamId: 'stream-of-a', epoch: 7, erase: 'stream' })
    await expect(stale).rejects.toMatchObject({ code: 'EPOCH_CONFLICT' })
    expect(world.removed).toEqual([])
  })

  it('is done also when a file cannot be erased', async () => {
    const world = await createWorld()
    await world.receive('a', 2, 1)
    world.break()
    await world.erase('a')
    expect(world.logs.join('')).toContain('could not be removed')
  })

  it('of a large session answers before all of it is erased, and lets others write meanwhile', async () => {
    const world = await createWorld()
    for (let seq = 2; seq < 1_500; seq++) await world.receive('a', seq, seq % 700)
    const order: string[] = []
    await world.erase('a')
    expect(world.stored.sessions.find('a')).toBeNull()
    expect(world.stored.messages.inChat('stream-of-a', ['chat'], null, 10)).not.toEqual([])
    const slices = world.erasure.idle().then(() => order.push('erased'))
    await world.receive('b', 2, 9_999).then(() => order.push('written'))
    await slices
    expect(order).toEqual(['written', 'erased'])
    expect(world.stored.messages.inChat('stream-of-a', ['chat'], null, 10)).toEqual([])
    expect(new Set(world.removed)).toEqual(new Set(Array.from({ length: 700 }, (_, i) => id(i))))
    expect(world.removed).toHaveLength(700)
  })

  it('goes on at the next start where a crash ended it, and no later life of the session loses anything', async () => {
    const world = await createWorld()
    for (let seq = 2; seq < 700; seq++) await world.receive('a', seq, seq)
    await world.erasure.stop()
    await world.erase('a')
    await world.disk.commit({ ...created('a'), streamId: 'life-2' })
    const again = createErasure({
      store: world.disk,
      files: {
        remove: async (given, onlyIf) => (await onlyIf?.()) === true && world.removed.push(given) > 0,
      },
      clock: createTestClock(),
      logger: pino({ level: 'silent' }),
    })
    again.start()
    await again.idle()
    expect(world.stored.messages.inChat('stream-of-a', ['chat'], null, 10)).toEqual([])
    expect(new Set(world.removed).size).toBe(698)
    expect(world.stored.sessions.find('a')).toMatchObject({ streamId: 'life-2', lastSeq: 1 })
    expect(world.stored.log.after('life-2', 0, 9)).toHaveLength(1)
  })
})

it('asks for no more rows or files at once than others can wait for', async () => {
  const { store } = new MemoryStore(() => 1_000)
  const asked: number[] = []
  const files = Array.from({ length: 120 }, (_, n) => id(n))
  const gone = new Set<string>()
  let rows = 1_000
  const erasure = createErasure({
    store: {
      ...store,
      async eraseDeleted(limit) {
        asked.push(limit)
        const erased = Math.min(limit, rows)
        rows -= erased
        return erased
      },
      media: {
        ...store.media,
        async unneeded(limit) {
          asked.push(limit)
          return files.filter(one => !gone.has(one)).slice(0, limit)
        },
        isUnneeded: async () => true,
        async changed(changes) {
          for (const change of changes) if ('gone' in change) gone.add(change.gone)
        },
      },
    },
    files: { remove: async (_, onlyIf) => (await onlyIf?.()) ?? true },
    clock: createTestClock(),
    logger: pino({ enabled: false }),
  })
  erasure.start()
  await erasure.idle()
  expect([rows, gone.size]).toEqual([0, 120])
  expect(Math.max(...asked)).toBeLessThanOrEqual(300)
  expect(asked.filter(limit => limit <= 50).length).toBeGreaterThan(3)
})
