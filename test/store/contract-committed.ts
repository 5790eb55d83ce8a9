import { describe, expect, test } from 'vitest'
import type { CommittedFact } from '../../src/ports/event-log.ts'
import type { Subject } from './contract.ts'
import { created, given, lifecycle, messageFact } from './facts.ts'

/** A fact as the tests speak of it. */
const named = ({ sessionId, seq }: CommittedFact) => `${sessionId}${seq}`

export function committedContract(subject: Subject): void {
  const say = (sessionId: string, ...seqs: number[]) =>
    subject.store.commit({
      streamId: `stream-of-${sessionId}`,
      epoch: 1,
      events: seqs.map(seq => messageFact(seq)),
    })
  const all = async (after: number, until = Number.MAX_SAFE_INTEGER, limit = 100) =>
    (await subject.store.committed.between(after, until, limit))?.map(named)

  describe('whoever follows', () => {
    test('is told each fact once, whole, in the order of the commits', async () => {
      await given(subject.store, 'a')
      const told: CommittedFact[] = []
      const { head } = subject.store.committed.follow(fact => told.push(fact))
      expect(head).toBe(1)
      await Promise.all([given(subject.store, 'b'), say('a', 2, 3), say('a', 4)])
      await say('b', 2)
      expect(told.map(named)).toEqual(['b1', 'a2', 'a3', 'a4', 'b2'])
      expect(told.map(({ position }) => position)).toEqual([2, 3, 4, 5, 6])
      expect(told[0]).toEqual({
        ...created('b').events![0],
        streamId: 'stream-of-b',
        sessionId: 'b',
        position: 2,
      })
    })

    test('is told of one stream alone if it wants', async () => {
      const streamId = await given(subject.store, 'a')
      await given(subject.store, 'b')
      const told: string[] = []
      subject.store.committed.follow(fact => told.push(named(fact)), { streamId })
      await Promise.all([say('b', 2), say('a', 2)])
      expect(told).toEqual(['a2'])
    })

    test('that throws is told no more, and holds nobody', async () => {
      await given(subject.store, 'a')
      const ended: string[] = []
      const fails = () => {
        throw new Error('cannot be told')
      }
      subject.store.committed.follow(fails, { ended: () => ended.push('one') })
      subject.store.committed.follow(() => {}, { ended: () => ended.push('other') })
      await Promise.all([say('a', 2), say('a', 3)])
      await say('a', 4)
      expect(ended).toEqual(['one', 'other'])
    })

    test('is told nothing of what failed, nor anything after the end', async () => {
      await given(subject.store, 'a')
      const told: string[] = []
      const { end } = subject.store.committed.follow(fact => told.push(named(fact)))
      await expect(say('a', 9)).rejects.toThrow()
      await say('a', 2)
      expect(told).toEqual(['a2'])
      end()
      await say('a', 3)
      expect(told).toEqual(['a2'])
    })
  })

  describe('whoever was away', () => {
    test('gets what was committed meanwhile, in its order, and no more than it asked for', async () => {
      const names = Array.from({ length: 120 }, (_, i) => `s${i}`)
      for (const name of names) await given(subject.store, name)
      const { head } = subject.store.committed.follow(() => {})
      expect(head).toBe(120)
      await say('s7', 2, 3)
      await say('s119', 2)
      await say('s7', 4)
      expect(await all(head)).toEqual(['s72', 's73', 's1192', 's74'])
      expect(await all(head + 1, head + 3)).toEqual(['s73', 's1192'])
      expect(await all(head, head + 4, 4)).toHaveLength(4)
      expect(await all(head, head + 4, 3)).toBeUndefined()
      expect(await all(head + 4)).toEqual([])
      expect(await all(0, 120, 1_000)).toEqual(names.map(name => `${name}1`))
    })

    test('gets what it missed of a session that has said more since', async () => {
      await given(subject.store, 'a')
      const { head } = subject.store.committed.follow(() => {})
      await say('a', 2, 3)
      await say('a', 4, 5, 6)
      expect(await all(head, head + 2, 2)).toEqual(['a2', 'a3'])
    })

    test('goes on behind a restart: no position comes twice', async () => {
      await given(subject.store, 'a')
      await subject.reopen()
      const { head } = subject.store.committed.follow(() => {})
      await say('a', 2)
      await subject.reopen()
      const later: CommittedFact[] = []
      expect(subject.store.committed.follow(fact => later.push(fact)).head).toBeGreaterThan(head)
      await say('a', 3)
      expect(later.map(named)).toEqual(['a3'])
      const facts = (await subject.store.committed.between(head, Number.MAX_SAFE_INTEGER, 9))!
      expect(facts.map(named)).toEqual(['a2', 'a3'])
      expect(facts[1]!.position).toBeGreaterThan(facts[0]!.position)
    })

    test('is told of a deleted session that it was deleted, and nothing else', async () => {
      await given(subject.store, 'a')
      await say('a', 2)
      await subject.store.commit({
        streamId: 'stream-of-a',
        epoch: 1,
        events: [{ ...lifecycle(3), type: 'session.deleted', snapshot: null }],
        erase: 'stream',
      })
      const facts = (await subject.store.committed.between(0, Number.MAX_SAFE_INTEGER, 9))!
      expect(facts.map(({ seq, type }) => [seq, type])).toEqual([[3, 'session.deleted']])
    })
  })
}
