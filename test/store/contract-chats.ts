import { expect, test } from 'vitest'
import type { MessageWrite } from '../../src/ports/message-table.ts'
import type { Subject } from './contract.ts'
import { given, inbound, lifecycle, messageFact } from './facts.ts'

const arrived = (seq: number, chatId: string): MessageWrite => ({
  insert: {
    messageId: `M${seq}`,
    chatId,
    direction: 'in',
    dedupeKey: `${chatId}||0|M${seq}`,
    content: inbound(`M${seq}`, 'x'),
    status: 'received',
    seq,
    at: seq,
  },
})

export function chatsContract(subject: Subject): void {
  const write = (streamId: string, from: number, chats: string[]) =>
    subject.store.commit({
      streamId,
      epoch: 1,
      events: chats.map((_, i) => messageFact(from + i)),
      messages: chats.map((chat, i) => arrived(from + i, chat)),
    })

  test('chats come by their newest message, in pages that name each of them once', async () => {
    const streamId = await given(subject.store, 'a')
    await write(await given(subject.store, 'b'), 2, ['other@lid'])
    await write(streamId, 2, ['1@lid', '2@lid', '3@lid', '1@lid', '4@lid', '2@lid'])
    const { chats } = subject.store
    expect(await chats.newest(streamId, null, 10)).toEqual({
      chats: [
        { chatId: '2@lid', seq: 7 },
        { chatId: '4@lid', seq: 6 },
        { chatId: '1@lid', seq: 5 },
        { chatId: '3@lid', seq: 4 },
      ],
      next: null,
    })
    const first = await chats.newest(streamId, null, 3)
    const second = await chats.newest(streamId, first.next, 3)
    expect([...first.chats, ...second.chats].map(({ chatId }) => chatId)).toEqual([
      ...['2@lid', '4@lid', '1@lid', '3@lid'],
    ])
    expect(second.next).toBeNull()
  })

  test('a chat behind thousands of messages of another one is on a later page', async () => {
    const streamId = await given(subject.store, 'a')
    await write(streamId, 2, ['old@lid', ...Array(4_500).fill('busy@lid')])
    const { chats } = subject.store
    const found: string[] = []
    let pages = 0
    for (let next: number | null = Number.MAX_SAFE_INTEGER; next !== null; pages++) {
      const page = await chats.newest(streamId, next, 30)
      found.push(...page.chats.map(({ chatId }) => chatId))
      next = page.next
    }
    expect(found).toEqual(['busy@lid', 'old@lid'])
    expect(pages).toBe(3)
  })

  test('what waits for Laravel and what was given up is told of each message', async () => {
    const streamId = await given(subject.store, 'a')
    await write(streamId, 2, ['1@lid', '1@lid', '1@lid'])
    const deliveries = [2, 3].map(seq => ({
      webhookId: `${streamId}.${seq}.messages`,
      ...{ kind: 'messages' as const, lane: `${streamId}|1@lid`, sessionId: 'a', seq, at: 1, payload: null },
    }))
    await subject.store.commit({ streamId, epoch: 1, deliveries })
    const table = subject.store.deliveries
    const { id } = (await table.head(`${streamId}|1@lid`))!
    await table.settle(id, { dead: true, at: Date.now(), error: 'HTTP 422' })
    expect(await subject.store.chats.deliveriesOf(streamId, [2, 3, 4])).toEqual([
      { seq: 2, attempts: 1, nextAt: 1, error: 'HTTP 422', isDead: true },
      { seq: 3, attempts: 0, nextAt: 1, error: null, isDead: false },
    ])
  })

  test('a log is read backwards, whole or by kind, to its very beginning', async () => {
    const streamId = await given(subject.store, 'a')
    const types = [...Array(2_100).fill('message.received'), 'session.resumed', 'message.read']
    const events = types.map((type, i) =>
      type.startsWith('session') ? lifecycle(i + 2, 'open.settled') : messageFact(i + 2, type),
    )
    await subject.store.commit({ streamId, epoch: 1, events })
    const { log } = subject.store
    const all = async (kind: 'all' | 'lifecycle' | 'messages') => {
      const seqs: number[] = []
      for (let next: number | null = Number.MAX_SAFE_INTEGER; next !== null; ) {
        const page = await log.before(streamId, next, 500, kind)
        seqs.push(...page.rows.map(({ seq }) => seq))
        next = page.next
      }
      return seqs
    }
    const whole = Array.from({ length: 2_103 }, (_, i) => 2_103 - i)
    expect(await all('all')).toEqual(whole)
    expect(await all('lifecycle')).toEqual([2_102, 1])
    expect(await all('messages')).toEqual(whole.filter(seq => seq !== 2_102 && seq !== 1))
    expect((await log.before(streamId, 2_103, 1, 'all')).rows).toEqual([
      { seq: 2_102, at: 3_102, type: 'session.resumed', data: {}, state: 'open.settled' },
    ])
    expect([await log.nextState(streamId, 1), await log.nextState(streamId, 2_102)]).toEqual([2_102, null])
  })
}
