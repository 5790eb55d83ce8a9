import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { SendContent } from '../../../src/messages/send.ts'
import type { LeftSend, Mailbox } from '../../../src/ports/cluster/mailbox.ts'
import type { OwnerTable } from '../../../src/ports/cluster/owner-table.ts'
import { openOwnerTable } from '../../../src/store/postgres/owners.ts'
import { openPostgresStore, type PostgresStore } from '../../../src/store/postgres/postgres.ts'
import { DATABASE_URL, describeWithPostgres } from '../../postgres.ts'
import { created, given, messageFact } from '../facts.ts'
import { TestSchema } from './test-schema.ts'

const LEASE = 60_000
const DAY = 86_400_000

await describeWithPostgres('The mailbox of sessions in PostgreSQL', () => {
  const schema = new TestSchema()
  let store: PostgresStore
  let table: OwnerTable
  let mailbox: Mailbox
  beforeEach(async () => {
    store = await openPostgresStore({ url: DATABASE_URL, schema: await schema.name(), connections: 4 })
    table = openOwnerTable({ url: DATABASE_URL, schema: await schema.name() })
    mailbox = store.server.mailbox
  })
  afterEach(async () => {
    await table.close()
    await store.close()
    await schema.empty()
  })
  afterAll(() => schema.drop())

  const sent = (messageId: string, over: Partial<LeftSend> = {}): LeftSend => ({
    messageId,
    content: { type: 'text', to: '1@s.whatsapp.net', body: `body of ${messageId}`, reply_to: null },
    promised: null,
    at: 1_000,
    ...over,
  })
  const join = (node: string) =>
    table.join({ node, url: `http://${node}:3000`, place: `disk of ${node}` }, LEASE)
  const ofKey = (streamId: string, at = 1_000) => store.messages.idempotent(streamId, 'k', at)
  const PROMISED = { key: 'k', hash: 'h' }

  test('keeps what is left in order, as it was, until it is taken', async () => {
    const [one, two] = [await given(store, 'one'), await given(store, 'two')]
    const sends = [sent('A', { promised: PROMISED }), sent('B'), sent('C', { at: 7 })]
    for (const send of sends) expect(await mailbox.leave(one, send, null)).toBe('stored')
    await mailbox.leave(two, sent('D'), null)
    expect(await mailbox.of(one)).toEqual(sends)
    expect([await mailbox.find(one, 'C'), await mailbox.find(one, 'D')]).toEqual([sends[2], null])
    await mailbox.taken(one, ['A', 'C', 'D'])
    expect(await mailbox.of(one)).toEqual([sends[1]])
    expect(await mailbox.of(two)).toHaveLength(1)
  })

  test('takes nothing for a session that somebody has under a valid lease, nor for one that is gone', async () => {
    await join('a')
    const streamId = await given(store, 's')
    await table.claim('a', streamId)
    expect(await mailbox.leave(streamId, sent('A', { promised: PROMISED }), null)).toBe('owned')
    expect(await mailbox.leave(streamId, sent('A'), 'b')).toBe('owned')
    expect(await mailbox.leave('no-stream', sent('A'), null)).toBe('owned')
    expect([await mailbox.of(streamId), await ofKey(streamId)]).toEqual([[], null])
    await schema.query("UPDATE nodes SET lease_until = now() - interval '1 ms'")
    expect(await mailbox.leave(streamId, sent('A'), null)).toBe('stored')
  })

  test('takes it for a node that does not answer, and wakes that in case it can', async () => {
    await join('a')
    const streamId = await given(store, 's')
    await table.claim('a', streamId)
    const heard = vi.fn()
    table.onFreed(heard)
    await vi.waitFor(async () => {
      await table.release('a', [{ streamId: 'none', epoch: 1 }])
      await mailbox.leave(streamId, sent(`${Math.random()}`), 'a')
      expect(heard).toHaveBeenCalled()
    })
    const members = await table.renew('a', LEASE, {
      url: 'http://a:3000',
      sessions: 1,
      maxSessions: null,
      stats: null,
    })
    expect(members).toMatchObject({ mail: [streamId] })
    const left = await mailbox.of(streamId)
    await mailbox.taken(
      streamId,
      left.map(({ messageId }) => messageId),
    )
    const after = await table.renew('a', LEASE, {
      url: 'http://a:3000',
      sessions: 1,
      maxSessions: null,
      stats: null,
    })
    expect(after).toMatchObject({ mail: [] })
  })

  test('lets one of two requests with one key win, and the key stand for it from then on', async () => {
    const streamId = await given(store, 's')
    const leaves = await Promise.all(
      ['A', 'B', 'C'].map(id => mailbox.leave(streamId, sent(id, { promised: PROMISED }), null)),
    )
    expect(leaves.toSorted()).toEqual(['known', 'known', 'stored'])
    const [left] = await mailbox.of(streamId)
    expect(await ofKey(streamId)).toMatchObject({ ...PROMISED, messageId: left!.messageId })
  })

  test('knows a key that a send of the owner stands for, and not one of three days ago', async () => {
    const streamId = await given(store, 's')
    const idempotency = { ...PROMISED, messageId: 'OWN', at: 1_000 }
    await store.commit({ streamId, epoch: 1, events: [messageFact(2, 'message.queued')], idempotency })
    const leave = (at: number) => mailbox.leave(streamId, sent('A', { promised: PROMISED, at }), null)
    expect(await leave(1_000 + 3 * DAY - 1)).toBe('known')
    expect(await leave(1_000 + 3 * DAY)).toBe('stored')
    expect(await ofKey(streamId, 1_000 + 3 * DAY)).toMatchObject({ messageId: 'A' })
  })

  test('gives a key away once: what the owner commits for it afterwards is refused, with all that comes behind it', async () => {
    const [streamId, other] = [await given(store, 's'), await given(store, 'other')]
    await mailbox.leave(streamId, sent('A', { promised: PROMISED }), null)
    const commit = (seq: number, messageId: string | null, stream = streamId) =>
      store.commit({
        ...{ streamId: stream, epoch: 1, events: [messageFact(seq, 'message.queued')] },
        ...(messageId && { idempotency: { ...PROMISED, messageId, at: 1_000 } }),
      })
    const [late, behind, others] = [commit(2, 'LATE'), commit(3, null), commit(2, 'OTHER', other)]
    late.catch(() => {})
    behind.catch(() => {})
    await others
    const refused = { code: 'IDEMPOTENCY_IN_FLIGHT', retryable: true }
    await expect(late).rejects.toMatchObject(refused)
    await expect(behind).rejects.toMatchObject(refused)
    expect(await ofKey(streamId)).toMatchObject({ messageId: 'A' })
    expect(await store.log.after(streamId, 1, 10)).toEqual([])
    await commit(2, 'A')
    expect(await ofKey(streamId)).toMatchObject({ messageId: 'A' })
  })

  test('of an owner and another node that give one key away at the same time one does', async () => {
    for (let round = 0; round < 30; round++) {
      const streamId = await given(store, String(round))
      const commit = () =>
        store.commit({
          ...{ streamId, epoch: 1, events: [messageFact(2, 'message.queued')] },
          idempotency: { ...PROMISED, messageId: 'OWN', at: 1_000 },
        })
      const leave = () => mailbox.leave(streamId, sent('LEFT', { promised: PROMISED }), null)
      const both = round % 2 === 0 ? [commit(), leave()] : [leave(), commit()]
      const [first, second] = await Promise.allSettled(both)
      const [own, left] = round % 2 === 0 ? [first, second] : [second, first]
      const wins = (await ofKey(streamId))!.messageId
      expect(own!.status).toBe(wins === 'OWN' ? 'fulfilled' : 'rejected')
      expect(left).toMatchObject({ value: wins === 'OWN' ? 'known' : 'stored' })
    }
  })

  test('never has what a claim at the same time does not see: the next owner reads all of it, or it was told that there is one', async () => {
    await join('a')
    for (let round = 0; round < 30; round++) {
      const streamId = `stream-of-${round}`
      await store.commit(created(String(round)))
      const [left, seen] = await Promise.all([
        mailbox.leave(streamId, sent('A'), null),
        table.claim('a', streamId).then(() => mailbox.of(streamId)),
      ])
      expect(seen.length).toBe(left === 'stored' ? 1 : 0)
    }
  })

  test('keeps the file of what waits', async () => {
    const streamId = await given(store, 's')
    const content = { type: 'image', to: '1@s.whatsapp.net', media: { id: 'file' } } as unknown as SendContent
    await store.media.changed([{ stored: 'file', at: 1_000 }])
    await mailbox.leave(streamId, sent('A', { content }), null)
    const other = await given(store, 'other')
    const image = {
      direction: 'out',
      messageId: 'M',
      chatId: 'c',
      dedupeKey: 'out|M',
      content,
      at: 1_000,
    } as const
    const insert = { ...image, status: 'queued', seq: 2 } as const
    await store.commit({ streamId: other, epoch: 1, events: [messageFact(2)], messages: [{ insert }] })
    await store.commit({ streamId: other, epoch: 1, erase: 'stream', events: [messageFact(3)] })
    expect(await store.media.unneeded(10)).toEqual([])
    await mailbox.taken(streamId, ['A'])
  })

  test('of a deleted session is empty', async () => {
    const streamId = await given(store, 's')
    await mailbox.leave(streamId, sent('A', { promised: PROMISED }), null)
    await store.commit({ streamId, epoch: 1, erase: 'stream', events: [messageFact(2, 'session.deleted')] })
    while ((await store.eraseDeleted(100)) === 100);
    expect(await mailbox.of(streamId)).toEqual([])
  })

  test('says that it could not be reached', async () => {
    const streamId = await given(store, 's')
    await schema.query('ALTER TABLE mailbox RENAME TO away')
    try {
      const leaving = mailbox.leave(streamId, sent('A', { promised: PROMISED }), null)
      await expect(leaving).rejects.toMatchObject({ code: 'STORE_FAILED' })
      expect(await ofKey(streamId)).toBeNull()
    } finally {
      await schema.query('ALTER TABLE away RENAME TO mailbox')
    }
  })
})
