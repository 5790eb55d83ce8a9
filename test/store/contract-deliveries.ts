import { expect, test } from 'vitest'
import type { NewDelivery } from '../../src/ports/delivery-table.ts'
import type { Store } from '../../src/ports/store.ts'
import type { Subject } from './contract.ts'
import { given, inbound, living, messageFact } from './facts.ts'

const status = (streamId: string, seq: number, estadoQr: string): NewDelivery => ({
  webhookId: `${streamId}.${seq}.status`,
  kind: 'status',
  lane: `${streamId}|status`,
  sessionId: 'a',
  seq,
  at: 1_000 + seq,
  payload: { session_id: 'a', estado_qr: estadoQr },
})

const message = (streamId: string, seq: number, chat = 'chat'): NewDelivery => ({
  webhookId: `${streamId}.${seq}.messages`,
  kind: 'messages',
  lane: `${streamId}|${chat}`,
  sessionId: 'a',
  seq,
  at: 1_000 + seq,
  payload: null,
})

const arrive = (store: Store, streamId: string, seq: number, chat = 'chat') =>
  store.commit({
    streamId,
    epoch: 1,
    events: [messageFact(seq)],
    messages: [
      {
        insert: {
          messageId: `M${seq}`,
          chatId: chat,
          direction: 'in',
          dedupeKey: `k${seq}`,
          content: inbound(`M${seq}`, `body ${seq}`),
          status: 'received',
          seq,
          at: seq,
        },
      },
    ],
    deliveries: [message(streamId, seq, chat)],
  })

export function deliveriesContract(subject: Subject): void {
  test('the head is the oldest of its lane, with the message as its payload', async () => {
    const streamId = await given(subject.store, 'a')
    for (const seq of [2, 3, 4]) await arrive(subject.store, streamId, seq)
    const { pendingOf } = subject.store.deliveries
    const counted = await Promise.all([2, 3, 9].map(most => pendingOf([streamId, 'nobody', streamId], most)))
    expect(counted).toEqual([2, 3, 3].map(count => [count, 0, count]))
    expect(await pendingOf([], 9)).toEqual([])
    await subject.reopen()
    const lane = `${streamId}|chat`
    expect(await subject.store.deliveries.head(lane)).toEqual({
      id: expect.any(Number),
      webhookId: `${streamId}.2.messages`,
      kind: 'messages',
      lane,
      streamId,
      sessionId: 'a',
      seq: 2,
      at: 1_002,
      payload: { session_id: 'a', ...inbound('M2', 'body 2') },
      tries: 0,
      attempts: 0,
      nextAt: 1_002,
      lastError: null,
      deadAt: null,
      download: null,
    })
    expect(await subject.store.deliveries.head('nobody')).toBeNull()
    for (const seq of [2, 3, 4]) {
      const head = (await subject.store.deliveries.head(lane))!
      expect(head.seq).toBe(seq)
      await subject.store.deliveries.settle(head.id, { done: true })
    }
    expect(await subject.store.deliveries.head(lane)).toBeNull()
    expect(await subject.store.deliveries.counts()).toEqual({ pending: 0, dead: 0 })
  })

  test('a newer status replaces an undelivered one of its lane only', async () => {
    const streamId = await given(subject.store, 'a')
    const other = await given(subject.store, 'b')
    await arrive(subject.store, streamId, 2)
    await subject.store.commit({
      streamId: other,
      epoch: 1,
      events: [messageFact(2)],
      deliveries: [status(other, 2, 'pending')],
    })
    await subject.store.commit({
      streamId,
      epoch: 1,
      events: [messageFact(3)],
      deliveries: [status(streamId, 3, 'pending')],
    })
    const old = (await subject.store.deliveries.head(`${streamId}|status`))!
    await subject.store.commit({
      streamId,
      epoch: 1,
      events: [messageFact(4)],
      deliveries: [status(streamId, 4, 'active')],
    })
    expect(await subject.store.deliveries.head(`${streamId}|status`)).toMatchObject({
      seq: 4,
      payload: { session_id: 'a', estado_qr: 'active' },
    })
    expect((await subject.store.deliveries.counts()).pending).toBe(3)
    // The replaced one was on its way: what came of it is recorded, the newer one stays.
    await subject.store.deliveries.settle(old.id, {
      done: true,
      acceptedStatus: { streamId, estadoQr: 'pending', at: 7 },
    })
    expect((await living(subject.store, 'a')).acceptedStatus).toEqual({ estadoQr: 'pending', at: 7 })
    await subject.store.deliveries.settle(old.id, {
      retryAt: 9,
      error: 'x',
      countsTry: true,
      countsAttempt: true,
    })
    expect(await subject.store.deliveries.head(`${streamId}|status`)).toMatchObject({ seq: 4, attempts: 0 })
  })

  test('the status that Laravel accepted is recorded with its delivery', async () => {
    const streamId = await given(subject.store, 'a')
    await subject.store.commit({
      streamId,
      epoch: 1,
      events: [messageFact(2)],
      deliveries: [status(streamId, 2, 'active')],
      announced: 'active',
    })
    const { id } = (await subject.store.deliveries.head(`${streamId}|status`))!
    await subject.store.deliveries.settle(id, {
      done: true,
      acceptedStatus: { streamId, estadoQr: 'active', at: 5 },
    })
    await subject.reopen()
    expect(await living(subject.store, 'a')).toMatchObject({
      announced: 'active',
      acceptedStatus: { estadoQr: 'active', at: 5 },
    })
    expect(await subject.store.deliveries.lanes('', 1_000)).toEqual([])
  })

  test("a failure is counted as its outcome says, and moves the lane's next attempt", async () => {
    const streamId = await given(subject.store, 'a')
    await arrive(subject.store, streamId, 2)
    await arrive(subject.store, streamId, 3)
    const lane = `${streamId}|chat`
    const { id } = (await subject.store.deliveries.head(lane))!
    const { settle } = subject.store.deliveries
    await settle(id, { retryAt: 9_000, error: '503', countsTry: false, countsAttempt: false })
    expect(await subject.store.deliveries.head(lane)).toMatchObject({
      id,
      tries: 0,
      attempts: 0,
      lastError: '503',
    })
    await settle(id, { retryAt: 9_500, error: '500', countsTry: false, countsAttempt: true })
    await settle(id, { retryAt: 9_900, error: '422', countsTry: true, countsAttempt: true })
    expect(await subject.store.deliveries.head(lane)).toMatchObject({
      id,
      tries: 1,
      attempts: 2,
      nextAt: 9_900,
      lastError: '422',
    })
    expect(await subject.store.deliveries.lanes('', 1_000)).toEqual([
      { id, lane, kind: 'messages', sessionId: 'a', at: 1_002, nextAt: 9_900, attempts: 2 },
    ])
  })

  test('lanes() lists those with something pending, with the time of their head', async () => {
    const streamId = await given(subject.store, 'a')
    for (const [i, chat] of ['x', 'y', 'x', 'z', 'y', 'x'].entries())
      await arrive(subject.store, streamId, i + 2, chat)
    const lanes = async () =>
      new Map((await subject.store.deliveries.lanes('', 1_000)).map(({ lane, nextAt }) => [lane, nextAt]))
    expect(await lanes()).toEqual(
      new Map([
        [`${streamId}|x`, 1_002],
        [`${streamId}|y`, 1_003],
        [`${streamId}|z`, 1_005],
      ]),
    )
    const { id } = (await subject.store.deliveries.head(`${streamId}|z`))!
    await subject.store.deliveries.settle(id, { dead: true, at: Date.now(), error: 'gone' })
    await subject.store.deliveries.settle((await subject.store.deliveries.head(`${streamId}|x`))!.id, {
      done: true,
    })
    expect(await lanes()).toEqual(
      new Map([
        [`${streamId}|x`, 1_004],
        [`${streamId}|y`, 1_003],
      ]),
    )
  })

  test('lanes() gives them in order of their names, a page at a time', async () => {
    const streamId = await given(subject.store, 'a')
    const chats = Array.from({ length: 25 }, (_, n) => `chat${(n * 7) % 25}`)
    for (const [i, chat] of [...chats, ...chats].entries()) await arrive(subject.store, streamId, i + 2, chat)
    const { lanes } = subject.store.deliveries
    const seen: string[] = []
    for (let page = await lanes('', 10); page.length > 0; page = await lanes(seen.at(-1)!, 10)) {
      expect(page.length).toBeLessThanOrEqual(10)
      seen.push(...page.map(({ lane }) => lane))
    }
    expect(seen).toEqual([...new Set(chats)].map(chat => `${streamId}|${chat}`).sort())
    expect(await lanes(seen.at(-2)!, 10)).toMatchObject([
      { lane: seen.at(-1), kind: 'messages', sessionId: 'a' },
    ])
  })

  test('a dead letter leaves its lane, is kept, and is listed newest first', async () => {
    const streamId = await given(subject.store, 'a')
    for (const seq of [2, 3, 4]) await arrive(subject.store, streamId, seq)
    const lane = `${streamId}|chat`
    const ids: number[] = []
    const [earlier, later] = [Date.now() - 10, Date.now()]
    for (const at of [earlier, later]) {
      const { id } = (await subject.store.deliveries.head(lane))!
      ids.unshift(id)
      await subject.store.deliveries.settle(id, { dead: true, at, error: '422' })
    }
    expect((await subject.store.deliveries.head(lane))?.seq).toBe(4)
    expect(await subject.store.deliveries.counts()).toEqual({ pending: 1, dead: 2 })
    expect(
      (await subject.store.deliveries.page({ state: 'dead', limit: 9 })).rows.map(row => row.id),
    ).toEqual(ids)
    expect(
      (await subject.store.deliveries.page({ state: 'dead', limit: 1 })).rows.map(row => row.id),
    ).toEqual([ids[0]])
    expect(
      (await subject.store.deliveries.page({ state: 'dead', limit: 9, before: ids[0]! })).rows,
    ).toMatchObject([
      { id: ids[1], deadAt: earlier, lastError: '422', payload: { message_id: 'M2', session_id: 'a' } },
    ])
    await subject.store.deliveries.settle(ids[0]!, { done: true })
    expect((await subject.store.deliveries.counts()).dead).toBe(2)
  })

  test('a delivery that is written again changes nothing while pending, and lives again when dead', async () => {
    const streamId = await given(subject.store, 'a')
    await arrive(subject.store, streamId, 2)
    await arrive(subject.store, streamId, 3)
    const lane = `${streamId}|chat`
    await subject.store.commit({ streamId, epoch: 1, deliveries: [message(streamId, 2)] })
    expect(await subject.store.deliveries.counts()).toEqual({ pending: 2, dead: 0 })
    const { id } = (await subject.store.deliveries.head(lane))!
    await subject.store.deliveries.settle(id, {
      retryAt: 5,
      error: '422',
      countsTry: true,
      countsAttempt: true,
    })
    await subject.store.deliveries.settle(id, { dead: true, at: Date.now(), error: '422' })
    await subject.store.commit({ streamId, epoch: 1, deliveries: [{ ...message(streamId, 2), at: 99 }] })
    expect(await subject.store.deliveries.head(lane)).toMatchObject({
      id,
      tries: 0,
      attempts: 0,
      at: 99,
      nextAt: 99,
      deadAt: null,
    })
  })

  test('a page of what waits is of one session if asked for, and looks at a bounded number of rows', async () => {
    const { deliveries } = subject.store
    const mine = await given(subject.store, 'a')
    const others = await given(subject.store, 'b')
    for (const seq of [2, 3, 4]) await arrive(subject.store, mine, seq)
    await subject.store.commit({
      streamId: others,
      epoch: 1,
      events: Array.from({ length: 5_001 }, (_, n) => messageFact(n + 2)),
      deliveries: Array.from({ length: 5_001 }, (_, n) => ({
        ...message(others, n + 2, 'chat'),
        sessionId: 'b',
        payload: { message_id: `O${n}` },
      })),
    })
    const first = await deliveries.page({ state: 'waiting', sessionId: 'a', limit: 2 })
    expect(first.rows).toEqual([])
    expect(first.next).not.toBeNull()
    const found = []
    for (let next: number | null = first.next; next !== null; ) {
      const page = await deliveries.page({ state: 'waiting', sessionId: 'a', limit: 2, before: next })
      found.push(...page.rows.map(({ seq }) => seq))
      next = page.next
    }
    expect(found).toEqual([4, 3, 2])
    expect((await deliveries.page({ state: 'waiting', sessionId: 'b', limit: 1 })).rows[0]!.seq).toBe(5_002)
    // However many wait, what is dead is on the first page.
    const [oldest] = (await deliveries.page({ state: 'waiting', limit: 1, before: found.length + 1 })).rows
    await deliveries.settle(oldest!.id, { dead: true, at: Date.now(), error: '422' })
    expect(await deliveries.page({ state: 'dead', limit: 9 })).toMatchObject({
      rows: [{ id: oldest!.id }],
      next: null,
    })
  })

  test('what waits is hastened, what is due, dead or gone stays as it is', async () => {
    const { deliveries } = subject.store
    const streamId = await given(subject.store, 'a')
    await arrive(subject.store, streamId, 2)
    const { id } = (await deliveries.head(`${streamId}|chat`))!
    const later = { retryAt: 9_000, error: '503', countsTry: false, countsAttempt: true }
    await deliveries.settle(id, later)
    for (const [at, nextAt] of [
      [10_000, 9_000],
      [5_000, 5_000],
    ] as const) {
      await deliveries.settle(id, { hastened: true, at })
      expect(await deliveries.head(`${streamId}|chat`)).toMatchObject({ nextAt, lastError: '503' })
    }
    // The attempt that comes now takes the place of one that was due.
    expect(await deliveries.head(`${streamId}|chat`)).toMatchObject({ attempts: 0, tries: 0 })
    const deadAt = Date.now()
    await deliveries.settle(id, { dead: true, at: deadAt, error: '422' })
    await deliveries.settle(id, { hastened: true, at: 1_000 })
    expect(await deliveries.find(id)).toMatchObject({ deadAt, nextAt: 5_000 })
    await deliveries.settle(999, { hastened: true, at: 1_000 })
  })

  test('a redriven dead letter is the head of its lane again, with a new lifetime', async () => {
    const streamId = await given(subject.store, 'a')
    await arrive(subject.store, streamId, 2)
    await arrive(subject.store, streamId, 3)
    const lane = `${streamId}|chat`
    const { deliveries } = subject.store
    const { id } = (await deliveries.head(lane))!
    const deadAt = Date.now()
    await deliveries.settle(id, { dead: true, at: deadAt, error: '422' })
    expect(await deliveries.find(id)).toMatchObject({ id, deadAt, seq: 2 })
    await deliveries.settle(id, { redriven: true, at: 500 })
    expect(await deliveries.head(lane)).toMatchObject({
      id,
      webhookId: `${streamId}.2.messages`,
      at: 500,
      nextAt: 500,
      tries: 0,
      attempts: 0,
      deadAt: null,
    })
    await deliveries.settle(id, { redriven: true, at: 900 })
    expect(await deliveries.head(lane)).toMatchObject({ id, at: 500 })
    await deliveries.settle(id, { done: true })
    await deliveries.settle(id, { redriven: true, at: 900 })
    expect(await deliveries.find(id)).toBeNull()
  })

  test('a newer status replaces dead statuses of its lane, too', async () => {
    const streamId = await given(subject.store, 'a')
    const { deliveries } = subject.store
    const write = (seq: number, estado: string) =>
      subject.store.commit({
        streamId,
        epoch: 1,
        events: [messageFact(seq)],
        deliveries: [status(streamId, seq, estado)],
      })
    await write(2, 'pending')
    const { id } = (await deliveries.head(`${streamId}|status`))!
    await deliveries.settle(id, { dead: true, at: Date.now(), error: '422' })
    await write(3, 'active')
    expect((await deliveries.page({ state: 'dead', limit: 9 })).rows).toEqual([])
    expect(await deliveries.head(`${streamId}|status`)).toMatchObject({ seq: 3 })
  })

  test('ids of deliveries are never used again', async () => {
    const streamId = await given(subject.store, 'a')
    await arrive(subject.store, streamId, 2)
    const { id } = (await subject.store.deliveries.head(`${streamId}|chat`))!
    await subject.store.deliveries.settle(id, { done: true })
    await subject.reopen()
    await arrive(subject.store, streamId, 3)
    expect((await subject.store.deliveries.head(`${streamId}|chat`))!.id).toBeGreaterThan(id)
  })
}
