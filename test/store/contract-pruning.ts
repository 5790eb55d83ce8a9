import { expect, test } from 'vitest'
import type { SendContent } from '../../src/messages/send.ts'
import type { PruneCursor, PruneStep, Write } from '../../src/ports/store.ts'
import type { Subject } from './contract.ts'
import { given, inbound, lifecycle, messageFact, outgoing } from './facts.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const id = (n: number) => n.toString(16).padStart(64, '0')

/** A received message with its fact, at `at`. */
function received(
  streamId: string,
  seq: number,
  at: number,
  { file, delivered, key = `9@lid|1|0|M${seq}` }: { file?: number; delivered?: true; key?: string } = {},
): Write {
  const delivery = {
    webhookId: `${streamId}.${seq}.messages`,
    kind: 'messages' as const,
    lane: `${streamId}|9@lid`,
    sessionId: 'a',
    seq,
    at,
    payload: null,
  }
  const source = {
    id: id(file ?? 0),
    kind: 'image' as const,
    directPath: '/x',
    host: null,
    mediaKey: '',
    encryptedId: '',
    size: 1,
  }
  const content = inbound(`M${seq}`, 'x')
  const insert = { messageId: `M${seq}`, chatId: '9@lid', direction: 'in', dedupeKey: key, content } as const
  return {
    streamId,
    epoch: 1,
    events: [{ ...messageFact(seq), at }],
    messages: [{ insert: { ...insert, status: 'received', seq, at } }],
    ...(delivered && { deliveries: [delivery] }),
    ...(file !== undefined && { downloads: [{ seq, at, source }] }),
  }
}

function sent(streamId: string, seq: number, at: number, status: 'queued' | 'sent', file?: number): Write {
  const content = file
    ? ({ ...outgoing('x'), media: { id: id(file) } } as unknown as SendContent)
    : outgoing('x')
  const insert = {
    messageId: `S${seq}`,
    chatId: '8@lid',
    direction: 'out',
    dedupeKey: `out|S${seq}`,
  } as const
  return {
    streamId,
    epoch: 1,
    events: [{ ...messageFact(seq, 'message.queued'), at }],
    messages: [{ insert: { ...insert, content, status, seq, at } }],
  }
}

/** Those of the list that are so, in its order. */
async function only(list: string[], isSo: (one: string) => Promise<boolean>): Promise<string[]> {
  const so = await Promise.all(list.map(isSo))
  return list.filter((_, i) => so[i])
}

export function pruningContract(subject: Subject): void {
  /** All steps of one round; no step looks at more than `limit` rows. */
  async function prune(
    { facts = null, messages = null }: { facts?: number | null; messages?: number | null },
    limit = 100,
  ): Promise<PruneStep[]> {
    const steps: PruneStep[] = []
    let from: PruneCursor | null = { session: 0, seq: 0 }
    while (from !== null) {
      const step = await subject.store.prune({ factsBefore: facts, messagesBefore: messages, from, limit })
      steps.push(step)
      from = step.next
      expect(steps.length).toBeLessThan(1_000)
    }
    return steps
  }
  const seqs = async (streamId: string) =>
    (await subject.store.log.after(streamId, 0, 1_000)).map(({ seq }) => seq)
  const has = async (streamId: string, messageId: string) =>
    (await subject.store.messages.find(streamId, messageId)) !== null
  const kept = (streamId: string, ...messageIds: string[]) => only(messageIds, one => has(streamId, one))
  const now = () => Date.now()

  test('old facts of messages go, in small steps, and what the session itself went through stays', async () => {
    const { store } = subject
    const streamId = await given(store, 'a')
    const other = await given(store, 'b')
    for (let seq = 2; seq <= 30; seq++) {
      const fact = seq % 10 === 0 ? lifecycle(seq, 'open.settled') : messageFact(seq)
      await store.commit({ streamId, epoch: 1, events: [{ ...fact, at: seq * 100 }] })
    }
    await store.commit({ streamId: other, epoch: 1, events: [{ ...messageFact(2), at: 100 }] })
    const steps = await prune({ facts: 2_500 }, 5)
    expect(steps.length).toBeGreaterThan(4)
    for (const step of steps) expect(step.facts).toBeLessThanOrEqual(5)
    expect(steps.reduce((sum, { facts }) => sum + facts, 0)).toBe(22)
    expect(await seqs(streamId)).toEqual([1, 10, 20, 25, 26, 27, 28, 29, 30])
    expect(await seqs(other)).toEqual([1])
    // Time travel to a seq that is gone, and to one that stayed.
    expect((await store.log.stateAt(streamId, 15))?.seq).toBe(10)
    expect((await store.log.stateAt(streamId, 29))?.seq).toBe(20)
    await subject.reopen()
    await subject.store.commit({ streamId, epoch: 1, events: [{ ...messageFact(31), at: 9_000 }] })
    expect((await prune({ facts: 2_500 })).map(({ facts }) => facts)).toEqual([0])
    expect((await prune({ facts: 9_000 })).reduce((sum, { facts }) => sum + facts, 0)).toBe(5)
    expect(await seqs(streamId)).toEqual([1, 10, 20, 30, 31])
    expect(await subject.store.sessions.find('a')).toMatchObject({ lastSeq: 31, state: 'open.settled' })
  })

  test('old messages go whole, what waits stays, and the rest of the session is as it was', async () => {
    const { store } = subject
    const streamId = await given(store, 'a')
    const at = now() - 5 * DAY
    await store.commit(received(streamId, 2, at))
    await store.commit(received(streamId, 3, at, { delivered: true }))
    await store.commit(received(streamId, 4, at, { file: 4 }))
    await store.commit(sent(streamId, 5, at, 'queued'))
    await store.commit(sent(streamId, 6, at, 'sent'))
    await store.commit(received(streamId, 7, now()))
    await store.commit(sent(streamId, 8, now() - 2 * DAY, 'sent'))
    await store.commit({
      streamId,
      epoch: 1,
      idempotency: { key: 'k', hash: 'h', messageId: 'S8', at: now() - 2 * DAY },
    })
    for (const limit of [1, 100]) await prune({ messages: now() - DAY }, limit)
    const left = await kept(streamId, 'M2', 'M3', 'M4', 'S5', 'S6', 'M7', 'S8')
    expect(left).toEqual(['M3', 'M4', 'S5', 'M7', 'S8'])
    expect(await seqs(streamId)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(await store.deliveries.head(`${streamId}|9@lid`)).toMatchObject({
      seq: 3,
      payload: { message_id: 'M3' },
    })
    // Laravel has it now, and the file is there: next time they go.
    await store.deliveries.settle((await store.deliveries.head(`${streamId}|9@lid`))!.id, { done: true })
    await store.downloads.settle(streamId, 4, { done: true })
    await prune({ messages: now() - DAY })
    expect(await kept(streamId, 'M3', 'M4', 'S5', 'M7', 'S8')).toEqual(['S5', 'M7', 'S8'])
    expect(await store.downloads.describe(id(4))).toBeNull()
    expect(await store.messages.goneTo(streamId)).toBe(4)
  })

  test('a message that is removed is known when it comes again, for 30 days, and its chat is none with a stranger', async () => {
    const { store } = subject
    const streamId = await given(store, 'a')
    await store.commit(received(streamId, 2, now() - 2 * DAY))
    await store.commit(received(streamId, 3, now() - 31 * DAY, { key: '7@lid|1|0|M3' }))
    await store.commit(received(streamId, 4, now() - 2 * DAY, { key: 'history|6@lid|1|0|M4' }))
    await store.commit(sent(streamId, 5, now() - 5 * DAY, 'sent'))
    const keys = ['9@lid|1|0|M2', '7@lid|1|0|M3', 'history|6@lid|1|0|M4']
    const known = () => only(keys, async key => store.messages.hasDedupeKey(streamId, key))
    expect(await known()).toEqual(keys)
    await prune({ messages: now() - DAY })
    expect(await kept(streamId, 'M2', 'M3', 'M4', 'S5')).toEqual([])
    expect(await known()).toEqual(['9@lid|1|0|M2'])
    const chats = ['9@lid', '8@lid', '7@lid', '6@lid', '5@lid']
    expect(await only(chats, async chat => store.messages.knowsChat(streamId, [chat]))).toEqual(
      chats.slice(0, 4),
    )
    // A receipt for what is gone changes nothing, and harms nobody.
    await store.commit({
      streamId,
      epoch: 1,
      messages: [{ update: { messageId: 'S5', status: 'read', at: 1 } }],
    })
    expect(await has(streamId, 'S5')).toBe(false)
    expect(await store.messages.goneTo(streamId)).toBe(3)
    await store.commit({ streamId, epoch: 1, erase: 'stream' })
    expect([await known(), await store.messages.knowsChat(streamId, ['9@lid'])]).toEqual([[], false])
  })

  test('a dead letter goes with its message, whose words it would be, and a file with the last message that has it', async () => {
    const { store } = subject
    const streamId = await given(store, 'a')
    const at = now() - 5 * DAY
    await store.commit(received(streamId, 2, at, { delivered: true, file: 1 }))
    await store.commit(received(streamId, 3, at, { file: 2 }))
    await store.commit(sent(streamId, 4, at, 'sent', 3))
    await store.commit(received(streamId, 5, now(), { file: 1 }))
    for (const seq of [2, 3, 5]) await store.downloads.settle(streamId, seq, { done: true })
    const letter = (await store.deliveries.head(`${streamId}|9@lid`))!
    await store.deliveries.settle(letter.id, { dead: true, at: now(), error: 'no' })
    await prune({ messages: now() - DAY })
    expect(await store.deliveries.find(letter.id)).toBeNull()
    expect(await store.media.unneeded(10)).toEqual([id(2), id(3)])
    expect(await store.downloads.describe(id(1))).toMatchObject({})
  })

  test('without an age nothing goes, and deleted sessions are left alone', async () => {
    const { store } = subject
    const streamId = await given(store, 'a')
    await store.commit(received(streamId, 2, 1))
    expect(await prune({})).toEqual([{ facts: 0, messages: 0, next: null }])
    await store.commit({ streamId, epoch: 1, events: [messageFact(3, 'session.deleted')], erase: 'stream' })
    await prune({ facts: 1e15, messages: 1e15 })
    expect(await seqs(streamId)).toEqual([3])
  })
}
