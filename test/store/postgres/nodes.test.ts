import { afterAll, afterEach, expect, test, vi } from 'vitest'
import type { CommittedFact } from '../../../src/ports/event-log.ts'
import type { MessageWrite } from '../../../src/ports/message-table.ts'
import type { Store } from '../../../src/ports/store.ts'
import { describeWithPostgres } from '../../postgres.ts'
import { created, given, inbound, messageFact } from '../facts.ts'
import { TestSchema } from './test-schema.ts'

await describeWithPostgres('Several nodes on one PostgreSQL', () => {
  const schema = new TestSchema()
  afterEach(() => schema.empty())
  afterAll(() => schema.drop())

  const open = () => schema.open({ connections: 4 })
  const say = (store: Store, streamId: string, seq: number, epoch = 1) =>
    store.commit({ streamId, epoch, events: [messageFact(seq)] })

  test('are one store, whose id is the same', async () => {
    const [one, two] = await Promise.all([open(), open()])
    expect(one.id).toMatch(/^[0-9a-f]{16}$/)
    expect(two.id).toBe(one.id)
    await given(one, 'a')
    expect((await two.sessions.find('a'))?.lastSeq).toBe(1)
    await expect(two.commit(created('a', { streamId: 'other' }))).rejects.toMatchObject({
      code: 'SEQ_CONFLICT',
    })
  })

  test('a node that lost a session writes nothing of it any more, whatever it writes', async () => {
    const [old, now] = await Promise.all([open(), open()])
    const streamId = await given(old, 'a')
    expect(await now.claim(streamId)).toBe(2)
    const key = { type: 'session', id: 'x', value: Buffer.from('stale') }
    const stale = await Promise.allSettled([
      say(old, streamId, 2),
      old.commit({ streamId, epoch: 1, keys: [key] }),
      old.commit({ streamId, epoch: 1, lastActivity: 9_999 }),
    ])
    for (const one of stale)
      expect(one).toMatchObject({ reason: { code: 'EPOCH_CONFLICT', retryable: false } })
    expect(await now.keys.get(streamId, 'session', ['x'])).toEqual({})
    await say(now, streamId, 2, 2)
    expect((await old.log.after(streamId, 0, 9)).map(({ seq }) => seq)).toEqual([1, 2])
  })

  test.each([
    ['claims', (store: Store, streamId: string) => store.claim(streamId)],
    ['has it from the nodes', async (store: Store, streamId: string) => store.forget(streamId)],
  ])('a node that %s knows the messages that another node stored meanwhile', async (_, takeBack) => {
    const [one, two] = await Promise.all([open(), open()])
    const streamId = await given(one, 'a')
    const arrived = (id: string, seq: number): MessageWrite => ({
      insert: {
        ...{ messageId: id, chatId: 'chat', direction: 'in', dedupeKey: `in|${id}`, status: 'received' },
        ...{ content: inbound(id, 'x'), seq, at: seq },
      },
    })
    await one.keys.inbox(streamId, 'h', ['in|M', 'in|N'])
    const epoch = await two.claim(streamId)
    await two.commit({ streamId, epoch, events: [messageFact(2)], messages: [arrived('M', 2)] })
    await takeBack(one, streamId)
    expect(await one.messages.hasDedupeKey(streamId, 'in|M')).toBe(true)
    expect(await one.messages.hasDedupeKey(streamId, 'in|N')).toBe(false)
  })

  test('of nodes that claim and write at once each fact is the owner’s of that moment, without a gap', async () => {
    const nodes = await Promise.all([open(), open(), open()])
    const streamId = await given(nodes[0]!, 'a')
    const written = await Promise.all(
      nodes.map(async node => {
        let count = 0
        for (let i = 0; i < 15; i++) {
          const epoch = await node.claim(streamId)
          for (let n = 0; n < 3; n++) {
            const seq = ((await node.sessions.find('a'))?.lastSeq ?? 0) + 1
            const done = await say(node, streamId, seq, epoch).then(
              () => true,
              error => {
                expect(['EPOCH_CONFLICT', 'SEQ_CONFLICT']).toContain(error.code)
                return false
              },
            )
            if (!done) break
            count++
          }
        }
        return count
      }),
    )
    const sum = written.reduce((a, b) => a + b, 0)
    const seqs = (await nodes[0]!.log.after(streamId, 0, 1_000)).map(({ seq }) => seq)
    expect(seqs).toEqual(Array.from({ length: sum + 1 }, (_, i) => i + 1))
    expect((await nodes[0]!.sessions.find('a'))?.epoch).toBe(46)
  })

  test('a message has one place, whichever node brings it', async () => {
    const [one, two] = await Promise.all([open(), open()])
    const streamId = await given(one, 'a')
    const arrives = (store: Store, seq: number, epoch: number) =>
      store.commit({
        ...{ streamId, epoch, events: [messageFact(seq)] },
        messages: [
          {
            insert: {
              ...{ messageId: 'M', chatId: 'c', direction: 'in', dedupeKey: 'c||0|M', status: 'received' },
              ...{ content: inbound('M', 'hi'), seq, at: 1 },
            },
          },
        ],
      })
    await arrives(one, 2, 1)
    await two.claim(streamId)
    await expect(arrives(two, 3, 2)).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  test('whoever follows one of them is told all facts of all, once, in one order', async () => {
    const nodes = await Promise.all([open(), open(), open()])
    const told = nodes.map((node): CommittedFact[] => {
      const facts: CommittedFact[] = []
      node.committed.follow(fact => facts.push(fact))
      return facts
    })
    await Promise.all(
      nodes.map(async (node, n) => {
        const streams = await Promise.all([1, 2, 3].map(i => given(node, `n${n}s${i}`)))
        for (let seq = 2; seq < 30; seq++)
          await Promise.all(streams.map(streamId => say(node, streamId, seq)))
      }),
    )
    const all = 3 * 3 * 29
    await vi.waitFor(() => expect(told.map(facts => facts.length)).toEqual([all, all, all]), 10_000)
    const positions = Array.from({ length: all }, (_, i) => i + 1)
    for (const facts of told) {
      expect(facts.map(({ position }) => position)).toEqual(positions)
      expect(facts).toEqual(told[0])
    }
    const stored = (await nodes[0]!.committed.between(0, all, all))!
    expect(stored.map(({ streamId, seq }) => [streamId, seq])).toEqual(
      told[0]!.map(({ streamId, seq }) => [streamId, seq]),
    )
  })

  test('whoever begins to follow where nobody did is told what comes from then on, however much others have committed', async () => {
    const [one, two] = await Promise.all([open(), open()])
    const streamId = await given(one, 'a')
    const seqs = Array.from({ length: 10_500 }, (_, i) => i + 2)
    await one.commit({ streamId, epoch: 1, events: seqs.map(seq => messageFact(seq)) })
    const told: number[] = []
    const ended = vi.fn()
    await two.committed.catchUp()
    const { head } = two.committed.follow(({ seq }) => void told.push(seq), { ended })
    expect(head).toBe(10_501)
    await say(one, streamId, 10_502)
    await vi.waitFor(() => expect(told).toEqual([10_502]))
    // So is who comes to others that follow: what it has read elsewhere is not ahead of it.
    const later = Promise.all([10_503, 10_504].map(seq => say(one, streamId, seq)))
    await later
    await two.committed.catchUp()
    expect(two.committed.follow(() => {}).head).toBe(10_504)
    expect(told).toEqual([10_502, 10_503, 10_504])
    expect(ended).not.toHaveBeenCalled()
  })
})
