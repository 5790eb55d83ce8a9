import { expect, test } from 'vitest'
import type { SessionFilter } from '../../src/ports/session-table.ts'
import type { Write } from '../../src/ports/store.ts'
import type { Subject } from './contract.ts'
import { created, given, inbound, lifecycle, living, messageFact, outgoing } from './facts.ts'

export function sessionsContract(subject: Subject): void {
  test('a session row holds its identity, its projection and its newest lifecycle row', async () => {
    const streamId = await given(subject.store, 'a')
    await subject.store.commit({
      streamId,
      epoch: 1,
      events: [lifecycle(2, 'awaitingQr.shown.ready', { attempts: 1 }), messageFact(3)],
      lastActivity: 5_000,
      announced: 'pending',
    })
    await subject.store.commit({ streamId, epoch: 1, lastActivity: 4_000 })
    expect(await subject.store.sessions.find('a')).toEqual({
      streamId,
      sessionId: 'a',
      userId: 42,
      metadata: null,
      epoch: 1,
      lastSeq: 3,
      createdAt: 1_000,
      lastActivity: 5_000,
      announced: 'pending',
      acceptedStatus: null,
      state: 'awaitingQr.shown.ready',
      context: '{"attempts":1}',
      machineVersion: '1',
      since: 1_002,
      standsStill: null,
    })
    expect(await subject.store.sessions.find('b')).toBeNull()
  })

  test('why a session stands still is known, alone or with a fact, until its next fact', async () => {
    const streamId = await given(subject.store, 'a')
    const commit = (write: Partial<Write>) => subject.store.commit({ streamId, epoch: 1, ...write })
    const why = async () => (await subject.store.sessions.list({ limit: 9 })).rows[0]?.standsStill
    await commit({ standsStill: 'Torn.' })
    await commit({ lastActivity: 7_000, announced: 'inactive' })
    await subject.reopen()
    expect(await why()).toBe('Torn.')
    await commit({ events: [messageFact(2, 'session.quarantined')], standsStill: 'It’s newer.' })
    expect(await why()).toBe('It’s newer.')
    await commit({ events: [messageFact(3)] })
    expect(await why()).toBeNull()
  })

  test('a session is where it is since it came there, whatever happened to it since', async () => {
    const streamId = await given(subject.store, 'a')
    const commit = (...events: ReturnType<typeof lifecycle>[]) =>
      subject.store.commit({ streamId, epoch: 1, events })
    const since = async () => (await subject.store.sessions.find('a'))!.since
    await commit(lifecycle(2, 'awaitingQr.shown.throttled'), lifecycle(3, 'awaitingQr.shown.ready'))
    expect(await since()).toBe(1_002)
    await commit(lifecycle(4, 'awaitingQr.expired'))
    expect(await since()).toBe(1_004)
    await subject.reopen()
    await commit(lifecycle(5, 'awaitingQr.expired'), lifecycle(6, 'awaitingQr.expired'))
    expect(await since()).toBe(1_004)
    await commit(lifecycle(7, 'starting.connecting'), lifecycle(8, 'awaitingQr.expired'))
    expect(await since()).toBe(1_008)
  })

  test('a user id keeps its type', async () => {
    await subject.store.commit(created('n', { create: { sessionId: 'n', userId: 7, at: 1 } }))
    await subject.store.commit(created('s', { create: { sessionId: 's', userId: '7', at: 1 } }))
    await subject.store.commit(created('z', { create: { sessionId: 'z', userId: '007', at: 1 } }))
    expect((await living(subject.store, 'n')).userId).toBe(7)
    expect((await living(subject.store, 's')).userId).toBe('7')
    const ids = async (userId: string) =>
      (await subject.store.sessions.list({ limit: 9, userId })).rows.map(row => row.sessionId)
    expect(await ids('7')).toEqual(['n', 's'])
    expect(await ids('007')).toEqual(['z'])
    expect(await ids('null')).toEqual([])
  })

  test('metadata is kept as it came last, and goes with its session', async () => {
    const given = { tenant: 'añó', nested: { list: [1, null, '"'] } }
    await subject.store.commit(created('a', { metadata: given }))
    await subject.reopen()
    expect((await living(subject.store, 'a')).metadata).toEqual(given)
    const write = { streamId: 'stream-of-a', epoch: 1 }
    await subject.store.commit({ ...write, events: [lifecycle(2)] })
    expect((await living(subject.store, 'a')).metadata).toEqual(given)
    await subject.store.commit({ ...write, metadata: {} })
    expect((await living(subject.store, 'a')).metadata).toEqual({})
    await subject.store.commit({
      ...write,
      events: [messageFact(3, 'session.deleted')],
      metadata: given,
      erase: 'stream',
    })
    await subject.store.commit(created('b'))
    expect((await Array.fromAsync(subject.store.sessions.all())).map(({ metadata }) => metadata)).toEqual([
      null,
    ])
  })

  test('all() yields the sessions that are not deleted in creation order, however many', async () => {
    const ids = Array.from({ length: 1_100 }, (_, i) => `s${(i * 7919) % 1_100}`)
    await Promise.all(ids.map(id => given(subject.store, id)))
    await subject.store.commit({
      streamId: 'stream-of-s0',
      epoch: 1,
      events: [messageFact(2, 'session.deleted')],
      erase: 'stream',
    })
    expect((await Array.fromAsync(subject.store.sessions.all())).map(row => row.sessionId)).toEqual(
      ids.filter(id => id !== 's0'),
    )
  })

  test('list() filters, counts all that match and pages in session id order', async () => {
    const people: [string, string | number, string, object][] = [
      ['shop-1', 1, 'open.settled', { waId: '5511987654321', pushName: 'José Ávila' }],
      ['shop-2', 1, 'awaitingQr.verifying', { waId: null, pushName: null }],
      ['Bar', 'u-9', 'open.settling', { waId: '4915112345', pushName: 'ИВАН 100%' }],
      ['bar_2', 'u-10', 'loggedOut.unlinked', {}],
    ]
    for (const [sessionId, userId, state, context] of people)
      await subject.store.commit(
        created(sessionId, { create: { sessionId, userId, at: 1 }, events: [lifecycle(1, state, context)] }),
      )
    const found = async (filter: Partial<SessionFilter>) =>
      (await subject.store.sessions.list({ limit: 100, ...filter })).rows.map(row => row.sessionId)
    expect(await found({})).toEqual(['Bar', 'bar_2', 'shop-1', 'shop-2'])
    expect(await found({ state: 'open' })).toEqual(['Bar', 'shop-1'])
    expect(await found({ state: 'ope' })).toEqual([])
    expect(await found({ userId: '1' })).toEqual(['shop-1', 'shop-2'])
    expect(await found({ userId: 'u-1' })).toEqual([])
    expect(await found({ userId: '1', state: 'open' })).toEqual(['shop-1'])
    expect(await found({ q: 'SHOP' })).toEqual(['shop-1', 'shop-2'])
    expect(await found({ q: 'u-10' })).toEqual(['bar_2'])
    expect(await found({ q: '98765' })).toEqual(['shop-1'])
    expect(await found({ q: '+55 (11) 98765-4321' })).toEqual(['shop-1'])
    expect(await found({ q: 'josé á' })).toEqual(['shop-1'])
    expect(await found({ q: 'иван' })).toEqual(['Bar'])
    expect(await found({ q: '100%' })).toEqual(['Bar'])
    for (const q of ['_%', '\\', "'", 'nobody', 'null']) expect(await found({ q })).toEqual([])
    expect(await found({ q: 'bar_' })).toEqual(['bar_2'])
    const page = await subject.store.sessions.list({ limit: 1, state: 'open', after: 'Bar' })
    expect(page.count).toBe(2)
    expect(page.rows.map(row => row.sessionId)).toEqual(['shop-1'])
  })

  test('a search looks into the newest context', async () => {
    const streamId = await given(subject.store, 'a')
    const named = (pushName: string) => ({ pushName, waId: '49151' })
    await subject.store.commit({ streamId, epoch: 1, events: [lifecycle(2, 'open.settled', named('Old'))] })
    await subject.store.commit({ streamId, epoch: 1, events: [lifecycle(3, 'open.settled', named('New'))] })
    expect((await subject.store.sessions.list({ limit: 9, q: 'new' })).count).toBe(1)
    expect((await subject.store.sessions.list({ limit: 9, q: 'old' })).count).toBe(0)
  })

  test('the log is read in pages, oldest first', async () => {
    const streamId = await given(subject.store, 'a')
    await given(subject.store, 'b')
    await subject.store.commit({
      streamId,
      epoch: 1,
      events: [lifecycle(2, 'open.settling', { a: 'é' }), messageFact(3), messageFact(4)],
    })
    expect(await subject.store.log.after(streamId, 1, 2)).toEqual([
      { streamId, ...lifecycle(2, 'open.settling', { a: 'é' }) },
      { streamId, ...messageFact(3) },
    ])
    expect(await subject.store.log.after(streamId, 4, 2)).toEqual([])
    expect(await subject.store.log.after('nobody', 0, 2)).toEqual([])
  })

  test('stateAt() is the newest lifecycle row at or before a seq', async () => {
    const streamId = await given(subject.store, 'a')
    await subject.store.commit({
      streamId,
      epoch: 1,
      events: [
        messageFact(2),
        lifecycle(3, 'open.settling'),
        messageFact(4),
        lifecycle(5, 'loggedOut.banned'),
      ],
    })
    const at = async (seq: number) => (await subject.store.log.stateAt(streamId, seq))?.seq ?? null
    expect(await Promise.all([0, 1, 2, 3, 4, 5, 99].map(at))).toEqual([null, 1, 1, 3, 3, 5, 5])
    expect((await subject.store.log.stateAt(streamId, 4))?.snapshot?.state).toBe('open.settling')
  })

  test('erasing the keys leaves everything else', async () => {
    const streamId = await given(subject.store, 'a')
    const row = { hash: 'h', plaintext: Buffer.from('p'), stanza: '{}', at: 1 }
    await subject.store.commit({
      streamId,
      epoch: 1,
      events: [messageFact(2)],
      keys: [{ type: 'creds', id: 'creds', value: Buffer.from('old') }],
      inbox: [{ put: row }],
    })
    await subject.store.commit({
      streamId,
      epoch: 1,
      events: [lifecycle(3, 'loggedOut.unlinked')],
      erase: 'keys',
      keys: [{ type: 'creds', id: 'fresh', value: Buffer.from('new') }],
    })
    expect(await subject.store.keys.get(streamId, 'creds', ['creds', 'fresh'])).toEqual({
      fresh: new Uint8Array(Buffer.from('new')),
    })
    expect(await subject.store.keys.inbox(streamId, 'h')).toBeNull()
    expect(await subject.store.log.after(streamId, 0, 9)).toHaveLength(3)
    expect((await living(subject.store, 'a')).state).toBe('loggedOut.unlinked')
  })

  test('erasing the stream leaves a tombstone and the statuses that Laravel must still get', async () => {
    const streamId = await given(subject.store, 'a')
    const other = await given(subject.store, 'b')
    const everything = (id: string) => ({
      streamId: id,
      epoch: 1,
      events: [messageFact(2), messageFact(3)],
      keys: [{ type: 'creds', id: 'creds', value: Buffer.from('x') }],
      inbox: [{ put: { hash: 'h', plaintext: Buffer.from('p'), stanza: '{}', at: 1 } }],
      messages: [
        {
          insert: {
            messageId: 'M2',
            chatId: 'chat',
            direction: 'in' as const,
            dedupeKey: 'k2',
            content: inbound('M2', 'hello'),
            status: 'received' as const,
            seq: 2,
            at: 1,
          },
        },
        {
          insert: {
            messageId: 'M3',
            chatId: 'chat',
            direction: 'out' as const,
            dedupeKey: 'k3',
            content: outgoing('hello'),
            status: 'queued' as const,
            seq: 3,
            at: 1,
          },
        },
      ],
      deliveries: [
        {
          webhookId: `${id}.2.messages`,
          kind: 'messages' as const,
          lane: `${id}|chat`,
          sessionId: id,
          seq: 2,
          at: 1,
          payload: null,
        },
      ],
    })
    await subject.store.commit(everything(streamId))
    await subject.store.commit(everything(other))
    await subject.store.commit({
      streamId,
      epoch: 1,
      erase: 'stream',
      events: [{ seq: 4, at: 9, type: 'session.deleted', data: {}, snapshot: null }],
      deliveries: [
        {
          webhookId: `${streamId}.4.status`,
          kind: 'status',
          lane: streamId,
          sessionId: 'a',
          seq: 4,
          at: 9,
          payload: { session_id: 'a', estado_qr: 'inactive' },
        },
      ],
    })
    const { store } = subject
    expect(await store.sessions.find('a')).toBeNull()
    expect((await Array.fromAsync(store.sessions.all())).map(row => row.sessionId)).toEqual(['b'])
    expect((await store.sessions.list({ limit: 9 })).count).toBe(1)
    expect(await store.log.after(streamId, 0, 9)).toEqual([
      { streamId, seq: 4, at: 9, type: 'session.deleted', data: {}, snapshot: null },
    ])
    expect(await store.log.stateAt(streamId, 9)).toBeNull()
    expect(await store.keys.get(streamId, 'creds', ['creds'])).toEqual({})
    expect(await store.keys.unfinished(streamId)).toEqual([])
    expect(await store.messages.find(streamId, 'M2')).toBeNull()
    expect(await store.messages.unsent(streamId)).toEqual([])
    expect(await store.messages.hasDedupeKey(streamId, 'k2')).toBe(false)
    expect((await store.deliveries.lanes('', 1_000)).map(({ lane }) => lane)).toEqual(
      [streamId, `${other}|chat`].sort(),
    )
    expect(await store.messages.find(other, 'M2')).not.toBeNull()

    const late = store.commit({ streamId, epoch: 1, keys: [{ type: 't', id: 'x', value: Buffer.from('x') }] })
    await expect(late).rejects.toMatchObject({ code: 'EPOCH_CONFLICT' })
    await expect(store.claim(streamId)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    await expect(store.commit(created('a'))).rejects.toMatchObject({ code: 'SEQ_CONFLICT' })
    await store.commit(created('a', { streamId: 'second life' }))
    expect(await living(store, 'a')).toMatchObject({ streamId: 'second life', lastSeq: 1 })
  })

  test('a first write that erases its stream leaves the tombstone and a free session id', async () => {
    const { store } = subject
    await store.commit(created('a', { erase: 'stream', keys: [{ type: 't', id: 'x', value: null }] }))
    expect(await store.sessions.find('a')).toBeNull()
    expect((await store.log.after('stream-of-a', 0, 9)).map(event => event.seq)).toEqual([1])
    await store.commit(created('a', { streamId: 'second life' }))
    expect(await living(store, 'a')).toMatchObject({ streamId: 'second life', lastSeq: 1 })
  })
}
