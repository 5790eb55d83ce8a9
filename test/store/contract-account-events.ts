import { expect, test, vi } from 'vitest'
import type { AccountEvent } from '../../src/messages/account-event.ts'
import type { Subject } from './contract.ts'
import { created, given, messageFact } from './facts.ts'

const DAY = 24 * 60 * 60 * 1000

const renamed = (subject: string): AccountEvent => ({
  type: 'group',
  jid: '1@g.us',
  action: 'subject',
  author: null,
  author_phone: null,
  participants: [],
  subject,
  setting: null,
})

/** What every adapter must do with events of accounts. */
export function accountEventsContract(subject: Subject): void {
  const store = (streamId: string, seq: number, key: string, subjectOf: string, at = Date.now()) =>
    subject.store.commit({
      streamId,
      epoch: 1,
      events: [messageFact(seq, 'group.changed')],
      accountEvents: [{ seq, key, event: renamed(subjectOf), happenedAt: 5, at }],
      deliveries: [
        {
          webhookId: `${streamId}.${seq}.events`,
          kind: 'events',
          lane: `${streamId}|events`,
          sessionId: 's1',
          seq,
          at,
          payload: { ...renamed(subjectOf) },
        },
      ],
    })
  const subjects = async (streamId: string, after = 0, until = 99) =>
    (await subject.store.accountEvents.between(streamId, after, until, 10)).map(({ seq, event }) => [
      seq,
      event.type === 'group' && event.subject,
    ])

  test('an event is found by its key, and in its place in the log', async () => {
    const streamId = await given(subject.store, 's1')
    await store(streamId, 2, 'a', 'One')
    await store(streamId, 3, 'b', 'Two')
    await subject.reopen()
    expect(await subject.store.accountEvents.find(streamId, 'a')).toEqual(renamed('One'))
    expect(await subject.store.accountEvents.find(streamId, 'c')).toBeNull()
    expect(await subject.store.accountEvents.between(streamId, 2, 3, 10)).toEqual([
      { seq: 3, event: renamed('Two'), happenedAt: 5 },
    ])
  })

  test('the name that somebody writes under is the newest, and goes with the session', async () => {
    const streamId = await given(subject.store, 's1')
    const named = (...names: string[]) =>
      subject.store.commit({
        streamId,
        epoch: 1,
        contactNames: names.map(name => ({ jid: '1@lid', name })),
      })
    expect(await subject.store.accountEvents.nameOf(streamId, '1@lid')).toBeNull()
    await named('Ana', 'Eva')
    await subject.reopen()
    expect(await subject.store.accountEvents.nameOf(streamId, '1@lid')).toBe('Eva')
    await subject.store.commit({
      streamId,
      epoch: 1,
      erase: 'stream',
      events: [messageFact(2, 'session.deleted')],
    })
    expect(await subject.store.accountEvents.nameOf(streamId, '1@lid')).toBeNull()
  })

  test('an erasure of bodies takes its words, also of dead letters, and leaves what Laravel waits for', async () => {
    const streamId = await given(subject.store, 's1')
    await store(streamId, 2, 'a', 'Old', 100)
    await store(streamId, 3, 'b', 'New', 900)
    const head = (await subject.store.deliveries.head(`${streamId}|events`))!
    await subject.store.deliveries.settle(head.id, { dead: true, at: Date.now(), error: 'HTTP 422' })
    expect(await subject.store.eraseBodies(500, 10)).toBe(1)
    expect(await subjects(streamId)).toEqual([
      [2, null],
      [3, 'New'],
    ])
    expect(await subject.store.accountEvents.find(streamId, 'a')).not.toBeNull()
    expect(
      (await subject.store.deliveries.page({ state: 'dead', limit: 1 })).rows[0]!.payload.subject,
    ).toBeNull()
    expect((await subject.store.deliveries.head(`${streamId}|events`))!.payload.subject).toBe('New')
  })

  test('an erasure of bodies waits for Laravel to have an event, and counts each once', async () => {
    const streamId = await given(subject.store, 's1')
    for (const [seq, key] of ['a', 'b', 'c'].entries()) await store(streamId, seq + 2, key, key, 100)
    expect(await subject.store.eraseBodies(500, 10)).toBe(0)
    expect((await subjects(streamId)).map(([, name]) => name)).toEqual(['a', 'b', 'c'])
    for (let i = 0; i < 3; i++) {
      const head = (await subject.store.deliveries.head(`${streamId}|events`))!
      await subject.store.deliveries.settle(head.id, { done: true })
    }
    expect(await subject.store.eraseBodies(500, 2)).toBe(2)
    expect(await subject.store.eraseBodies(500, 2)).toBe(1)
    expect(await subject.store.eraseBodies(500, 2)).toBe(0)
    expect((await subjects(streamId)).map(([, name]) => name)).toEqual([null, null, null])
  })

  test('a deleted session leaves none, and no delivery of any', async () => {
    const streamId = await given(subject.store, 's1')
    await store(streamId, 2, 'a', 'One')
    await subject.store.commit({
      streamId,
      epoch: 1,
      erase: 'stream',
      events: [messageFact(3, 'session.deleted')],
    })
    expect(await subjects(streamId)).toEqual([])
    expect(await subject.store.deliveries.counts()).toEqual({ pending: 0, dead: 0 })
  })

  test('an event is forgotten after 30 days', async () => {
    const streamId = await given(subject.store, 's1')
    await store(streamId, 2, 'old', 'Old', Date.now() - 31 * DAY)
    await store(streamId, 3, 'new', 'New')
    // Old rows go with commits, once a second at most.
    await new Promise(resolve => setTimeout(resolve, 1_050))
    await subject.store.commit(created('s2'))
    await vi.waitFor(async () => expect(await subjects(streamId)).toEqual([[3, 'New']]), { timeout: 10_000 })
  })
}
