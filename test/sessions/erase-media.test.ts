import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { SendContent } from '../../src/messages/send.ts'
import type { MessageWrite } from '../../src/ports/message-table.ts'
import { erasingFiles } from '../../src/sessions/erase-media.ts'
import { created, inbound, messageFact } from '../store/facts.ts'
import { MemoryStore } from './memory-store.ts'

const id = (n: number) => n.toString(16).padStart(64, '0')

async function createWorld() {
  const { store } = new MemoryStore(() => 1_000)
  const removed: string[] = []
  const world = { removed, broken: false, logs: [] as string[], store }
  const files = {
    async remove(given: string) {
      if (world.broken) throw new Error('no permission')
      removed.push(given)
      return true
    },
  }
  world.store = erasingFiles(store, files, pino({}, { write: line => void world.logs.push(line) }))
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
})
