import { expect, test } from 'vitest'
import type { MessageStatus } from '../../src/messages/status.ts'
import type { MessageWrite } from '../../src/ports/message-table.ts'
import type { Store } from '../../src/ports/store.ts'
import type { Subject } from './contract.ts'
import { given, inbound, messageFact, outgoing } from './facts.ts'

const sent = (messageId: string, seq: number): MessageWrite => ({
  insert: {
    messageId,
    chatId: 'chat',
    direction: 'out',
    dedupeKey: `out|${messageId}`,
    content: outgoing(`body of ${messageId}`),
    status: 'queued',
    seq,
    at: seq,
  },
})

const arrived = (messageId: string, seq: number, dedupeKey = `in|${messageId}`): MessageWrite => ({
  insert: {
    messageId,
    chatId: 'chat',
    direction: 'in',
    dedupeKey,
    content: inbound(messageId, `body of ${messageId}`),
    status: 'received',
    seq,
    at: seq,
  },
})

const update = (
  messageId: string,
  status: MessageStatus,
  at: number,
  extra: { error?: string; attempt?: boolean } = {},
): MessageWrite => ({ update: { messageId, status, at, ...extra } })

const write = (store: Store, streamId: string, ...messages: MessageWrite[]) => {
  const seqs = messages.flatMap(message => ('insert' in message ? [message.insert.seq] : []))
  return store.commit({ streamId, epoch: 1, events: seqs.map(seq => messageFact(seq)), messages })
}

export function messagesContract(subject: Subject): void {
  test('a chat is known once a message came from it, or WhatsApp took one for it', async () => {
    const streamId = await given(subject.store, 'a')
    const { messages } = subject.store
    const knows = async (...chats: string[]) => messages.knowsChat(streamId, chats)
    await write(subject.store, streamId, arrived('A', 2, '1@lid||0|A'), arrived('B', 3, 'history|2@lid||0|B'))
    expect(await Promise.all([knows('1@lid'), knows('2@lid'), knows('3@lid', '1@lid')])).toEqual([
      true,
      true,
      true,
    ])
    expect(await Promise.all([knows('@lid'), knows('1'), knows('1@li'), knows()])).toEqual(
      Array(4).fill(false),
    )
    await write(subject.store, streamId, sent('C', 4))
    expect(await knows('chat')).toBe(false)
    await write(subject.store, streamId, update('C', 'failed', 5, { error: '463: no' }))
    expect(await knows('chat')).toBe(false)
    await write(subject.store, streamId, sent('D', 5), update('D', 'sent', 6), update('D', 'read', 7))
    expect(await knows('chat')).toBe(true)
    expect(await messages.knowsChat('nobody', ['chat', '1@lid'])).toBe(false)
  })

  test('a message is found by its id, direction and dedupe key', async () => {
    const streamId = await given(subject.store, 'a')
    await write(subject.store, streamId, arrived('M', 2), sent('M', 3))
    const { messages } = subject.store
    expect(await messages.find(streamId, 'M', 'in')).toEqual({
      messageId: 'M',
      chatId: 'chat',
      direction: 'in',
      content: inbound('M', 'body of M'),
      status: 'received',
      attempts: 0,
      seq: 2,
      at: 2,
      error: null,
      history: [{ status: 'received', at: 2 }],
    })
    expect((await messages.find(streamId, 'M', 'out'))?.content).toEqual(outgoing('body of M'))
    expect((await messages.find(streamId, 'M'))?.seq).toBe(3)
    for (const id of ['N', 'M\0']) expect(await messages.find(streamId, id)).toBeNull()
    expect(await messages.find('nobody', 'M')).toBeNull()
    expect(await messages.hasDedupeKey(streamId, 'in|M')).toBe(true)
    expect(await messages.hasDedupeKey(streamId, 'in|N')).toBe(false)
    expect(await messages.hasDedupeKey('nobody', 'in|M')).toBe(false)
  })

  test('the secret of a message is given to who asks for originals, and to nobody else', async () => {
    const streamId = await given(subject.store, 'a')
    const secret = Buffer.alloc(64, 7).subarray(16, 48)
    const withSecret = (one: MessageWrite) => ('insert' in one ? { insert: { ...one.insert, secret } } : one)
    await write(
      subject.store,
      streamId,
      withSecret(arrived('M', 2)),
      arrived('M', 3, 'again'),
      withSecret(sent('M', 4)),
      withSecret(sent('N', 5)),
    )
    const { messages } = subject.store
    expect(await messages.originals(streamId, 'M')).toEqual([
      { content: outgoing('body of M'), secret: new Uint8Array(secret) },
      { content: inbound('M', 'body of M'), secret: null },
      { content: inbound('M', 'body of M'), secret: new Uint8Array(secret) },
    ])
    expect(await messages.originals(streamId, 'O')).toEqual([])
    expect(await messages.originals('nobody', 'M')).toEqual([])
    expect(await messages.secretOf(streamId, 'N')).toEqual(new Uint8Array(secret))
    expect(await messages.secretOf(streamId, 'O')).toBeNull()
    expect(await messages.find(streamId, 'N')).not.toHaveProperty('secret')
    const many = Array.from({ length: 25 }, (_, i) => arrived('X', 6 + i, `x${i}`))
    await write(subject.store, streamId, ...many)
    expect(await messages.originals(streamId, 'X')).toHaveLength(20)
  })

  test('a dedupe key is unique in a stream, and free in another', async () => {
    const streamId = await given(subject.store, 'a')
    const other = await given(subject.store, 'b')
    await write(subject.store, streamId, arrived('M', 2, 'key'))
    const doubled = write(subject.store, streamId, arrived('N', 3, 'key'))
    await expect(doubled).rejects.toMatchObject({ code: 'CONFLICT' })
    await write(subject.store, other, arrived('M', 2, 'key'))
    expect(await subject.store.log.after(streamId, 0, 9)).toHaveLength(2)
  })

  test('unsent() lists the sends that are queued or transmitted, oldest first', async () => {
    const streamId = await given(subject.store, 'a')
    const names = ['q', 't', 's', 'd', 'f', 'u']
    await write(subject.store, streamId, ...names.map((name, i) => sent(name, i + 2)), arrived('in', 8))
    await write(
      subject.store,
      streamId,
      update('t', 'transmitted', 1),
      update('s', 'sent', 1),
      update('d', 'delivered', 1),
      update('f', 'failed', 1, { error: 'no' }),
      update('u', 'unknown', 1),
    )
    expect((await subject.store.messages.unsent(streamId)).map(row => row.messageId)).toEqual(['q', 't'])
    expect(await subject.store.messages.unsent('nobody')).toEqual([])
    expect(await subject.store.messages.hasUnsent(streamId)).toBe(true)
    expect(await subject.store.messages.hasUnsent('nobody')).toBe(false)
    for (const [most, unsent] of [
      [1, 1],
      [2, 2],
      [3, 2],
    ] as const)
      expect(await subject.store.messages.unsentOf(streamId, most)).toBe(unsent)
    expect(await subject.store.messages.unsentOf('nobody', 9)).toBe(0)
    await write(subject.store, streamId, update('q', 'failed', 2), update('t', 'sent', 2))
    expect(await subject.store.messages.hasUnsent(streamId)).toBe(false)
  })

  test('what WhatsApp refused for now says so until it leaves again, and counts as never sent', async () => {
    const streamId = await given(subject.store, 'a')
    await write(subject.store, streamId, sent('M', 2), sent('done', 3), update('done', 'sent', 3))
    const refused = (messageId: string): MessageWrite => ({ refused: { messageId, error: '429: Slow.' } })
    const row = async () => (await subject.store.messages.find(streamId, 'M'))!
    await write(subject.store, streamId, update('M', 'transmitted', 3, { attempt: true }))
    await write(subject.store, streamId, refused('M'), refused('done'), refused('nobody'))
    expect(await row()).toMatchObject({ status: 'transmitted', attempts: 0, error: '429: Slow.' })
    expect(await subject.store.messages.find(streamId, 'done')).toMatchObject({ status: 'sent', error: null })
    await write(subject.store, streamId, update('M', 'transmitted', 4, { attempt: true }))
    expect(await row()).toMatchObject({ status: 'transmitted', attempts: 1, error: null })
    expect((await row()).history).toHaveLength(2)
  })

  test('overdue() lists the sends of all sessions that wait since before a time', async () => {
    const one = await given(subject.store, 'a')
    const two = await given(subject.store, 'b')
    await write(subject.store, one, sent('old', 2), sent('done', 3), sent('young', 4))
    await write(subject.store, two, sent('other', 2), arrived('in', 3))
    await write(subject.store, one, update('done', 'sent', 9), update('old', 'transmitted', 9))
    const overdue = await subject.store.messages.overdue(4, 10)
    expect(overdue.toSorted((a, b) => a.sessionId.localeCompare(b.sessionId))).toEqual([
      { streamId: one, seq: 2, sessionId: 'a', messageId: 'old' },
      { streamId: two, seq: 2, sessionId: 'b', messageId: 'other' },
    ])
    const [first] = await subject.store.messages.overdue(4, 1)
    expect([first, ...(await subject.store.messages.overdue(4, 1, first))]).toEqual(overdue)
    expect(await subject.store.messages.overdue(4, 1, overdue[1])).toEqual([])
    expect(await subject.store.messages.overdue(2, 10)).toEqual([])
  })

  test('inChat() lists both directions of a chat under all its names, newest first', async () => {
    const streamId = await given(subject.store, 'a')
    const other = await given(subject.store, 'b')
    const named = (message: MessageWrite, chatId: string): MessageWrite =>
      'insert' in message ? { insert: { ...message.insert, chatId } } : message
    await write(subject.store, other, arrived('foreign', 2))
    await write(
      subject.store,
      streamId,
      arrived('A', 2),
      named(arrived('B', 3), 'lid'),
      sent('C', 4),
      named(arrived('D', 5), 'elsewhere'),
      arrived('E', 6, 'history|in|E'),
      arrived('A', 7, 'history|in|A'),
      named(sent('F', 8), 'lid'),
    )
    const seqs = async (chats: string[], before: number | null, limit: number) =>
      (await subject.store.messages.inChat(streamId, chats, before, limit)).map(({ seq }) => seq)
    expect(await seqs(['chat'], null, 9)).toEqual([6, 4, 2])
    expect(await seqs(['lid', 'chat'], null, 9)).toEqual([8, 6, 4, 3, 2])
    expect(await seqs(['chat', 'lid'], null, 2)).toEqual([8, 6])
    expect(await seqs(['chat', 'lid'], 6, 2)).toEqual([4, 3])
    expect(await seqs(['nobody'], null, 9)).toEqual([])
    expect((await subject.store.messages.inChat(streamId, ['chat'], 3, 1))[0]).toMatchObject({
      messageId: 'A',
      direction: 'in',
      content: { body: 'body of A' },
    })
  })

  test('received() lists the messages between two seqs, without sends and history', async () => {
    const streamId = await given(subject.store, 'a')
    const other = await given(subject.store, 'b')
    await write(subject.store, other, arrived('foreign', 2))
    await write(
      subject.store,
      streamId,
      arrived('A', 2),
      sent('B', 3),
      arrived('C', 4),
      arrived('D', 5, 'history|in|D'),
      arrived('E', 6),
    )
    const seqs = async (...args: [number, number, number]) =>
      (await subject.store.messages.received(streamId, ...args)).map(({ seq }) => seq)
    expect(await subject.store.messages.received(streamId, 0, 2, 9)).toEqual([{ seq: 2, dedupeKey: 'in|A' }])
    expect(await seqs(0, 99, 9)).toEqual([2, 4, 6])
    expect(await seqs(2, 5, 9)).toEqual([4])
    expect(await seqs(0, 99, 2)).toEqual([2, 4])
  })

  const HOURS = 3_600_000
  test('an idempotency key stands for its send for 72 h, in its stream, until that is erased', async () => {
    const streamId = await given(subject.store, 'a')
    const other = await given(subject.store, 'b')
    const row = { key: 'k', hash: 'h', messageId: 'M', at: 1_000 }
    await subject.store.commit({
      streamId,
      epoch: 1,
      events: [messageFact(2)],
      messages: [sent('M', 2)],
      idempotency: row,
    })
    await subject.reopen()
    const found = async (now: number, stream = streamId) =>
      subject.store.messages.idempotent(stream, 'k', now)
    expect(await found(1_000 + 71 * HOURS)).toEqual(row)
    expect(await found(1_000 + 72 * HOURS)).toBeNull()
    expect(await found(2_000, other)).toBeNull()
    expect(await subject.store.messages.idempotent(streamId, 'K', 2_000)).toBeNull()
    const later = { key: 'k', hash: 'h2', messageId: 'N', at: 1_000 + 72 * HOURS }
    await subject.store.commit({
      streamId,
      epoch: 1,
      events: [messageFact(3)],
      messages: [sent('N', 3)],
      idempotency: later,
    })
    expect(await found(1_000 + 73 * HOURS)).toEqual(later)
    await subject.store.commit({ streamId, epoch: 1, events: [messageFact(4)], erase: 'stream' })
    expect(await found(1_000 + 73 * HOURS)).toBeNull()
  })

  test('a refused write keeps no idempotency key', async () => {
    const streamId = await given(subject.store, 'a')
    await write(subject.store, streamId, arrived('M', 2, 'key'))
    const refused = subject.store.commit({
      streamId,
      epoch: 1,
      events: [messageFact(3)],
      messages: [arrived('N', 3, 'key')],
      idempotency: { key: 'k', hash: 'h', messageId: 'N', at: 1 },
    })
    await expect(refused).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(await subject.store.messages.idempotent(streamId, 'k', 2)).toBeNull()
  })

  const order: MessageStatus[] = [
    'queued',
    'transmitted',
    'sent',
    'delivered',
    'read',
    'played',
    'failed',
    'unknown',
    'received',
  ]
  const allowed: Record<string, MessageStatus[]> = {
    queued: ['transmitted', 'sent', 'delivered', 'read', 'played', 'failed', 'unknown'],
    transmitted: ['sent', 'delivered', 'read', 'played', 'failed', 'unknown'],
    unknown: ['sent', 'delivered', 'read', 'played', 'failed'],
    sent: ['delivered', 'read', 'played'],
    delivered: ['read', 'played'],
    read: ['played'],
    played: [],
    failed: [],
  }
  test('a status moves forward only', async () => {
    for (const [from, targets] of Object.entries(allowed)) {
      const streamId = await given(subject.store, from)
      await write(subject.store, streamId, ...order.map((to, i) => sent(to, i + 2)))
      if (from !== 'queued')
        await write(subject.store, streamId, ...order.map(to => update(to, from as MessageStatus, 50)))
      await write(subject.store, streamId, ...order.map(to => update(to, to, 60)))
      const rows = await Promise.all(order.map(to => subject.store.messages.find(streamId, to)))
      const ends = rows.map(row => row!)
      expect([from, ends.map(row => row.status)]).toEqual([
        from,
        order.map(to => (targets.includes(to) ? to : from)),
      ])
      expect(ends.map(row => row.history.some(step => step.at === 60))).toEqual(
        order.map(to => targets.includes(to)),
      )
    }
  })

  test('the history of what arrived says whether Laravel was to get it', async () => {
    const streamId = await given(subject.store, 'a')
    const [told, untold] = [arrived('A', 2), arrived('B', 3)]
    const { insert } = told as Extract<MessageWrite, { insert: unknown }>
    await write(subject.store, streamId, { insert: { ...insert, forLaravel: true } }, untold)
    const { messages } = subject.store
    expect((await messages.find(streamId, 'A'))?.history).toEqual([
      { status: 'received', at: 2, forLaravel: true },
    ])
    expect((await messages.find(streamId, 'B'))?.history).toEqual([{ status: 'received', at: 3 }])
  })

  test('the history grows with each change of status, and a failure keeps its error', async () => {
    const streamId = await given(subject.store, 'a')
    await write(subject.store, streamId, sent('M', 2))
    await write(subject.store, streamId, update('M', 'transmitted', 3, { attempt: true }))
    await write(subject.store, streamId, update('M', 'transmitted', 4, { attempt: true }))
    await write(subject.store, streamId, update('M', 'queued', 5))
    await write(subject.store, streamId, update('M', 'unknown', 6, { error: 'no ack' }))
    expect(await subject.store.messages.find(streamId, 'M')).toMatchObject({
      status: 'unknown',
      attempts: 2,
      error: 'no ack',
      history: [
        { status: 'queued', at: 2 },
        { status: 'transmitted', at: 3 },
        { status: 'unknown', at: 6, error: 'no ack' },
      ],
    })
    await write(subject.store, streamId, update('M', 'delivered', 7))
    expect(await subject.store.messages.find(streamId, 'M')).toMatchObject({
      status: 'delivered',
      error: null,
    })
    await write(subject.store, streamId, update('M', 'failed', 8, { error: 'late' }))
    expect(await subject.store.messages.find(streamId, 'M')).toMatchObject({
      status: 'delivered',
      error: null,
    })
  })

  test('updates of one write apply in order; those of unknown or received messages are ignored', async () => {
    const streamId = await given(subject.store, 'a')
    await write(subject.store, streamId, arrived('I', 2), sent('M', 3))
    await write(
      subject.store,
      streamId,
      update('M', 'transmitted', 4, { attempt: true }),
      update('M', 'sent', 5),
      update('I', 'read', 6, { attempt: true }),
      update('nobody', 'read', 6),
    )
    expect(await subject.store.messages.find(streamId, 'M')).toMatchObject({ status: 'sent', attempts: 1 })
    expect(await subject.store.messages.find(streamId, 'I')).toMatchObject({
      status: 'received',
      attempts: 0,
    })
  })
}
