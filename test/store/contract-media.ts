import { expect, test } from 'vitest'
import type { MediaSource } from '../../src/messages/message-ref.ts'
import type { SendContent } from '../../src/messages/send.ts'
import type { MessageWrite } from '../../src/ports/message-table.ts'
import type { Write } from '../../src/ports/store.ts'
import type { Subject } from './contract.ts'
import { given, inbound, messageFact, outgoing } from './facts.ts'

const id = (n: number) => n.toString(16).padStart(64, '0')
const source = (n: number): MediaSource => ({
  id: id(n),
  kind: 'image',
  directPath: `/f${n}`,
  host: null,
  mediaKey: 'a2V5IG9mIGEgZmlsZQ==',
  encryptedId: id(n),
  size: 5,
})

type Insert = Extract<MessageWrite, { insert: unknown }>['insert']

/** A message that arrives at `at`, with a file and with a delivery if wanted. */
function arrival(
  streamId: string,
  seq: number,
  at: number,
  extra: { file?: MediaSource; delivered?: true; insert?: Partial<Insert> } = {},
): Write {
  const media = extra.file && {
    id: extra.file.id,
    mimetype: 'image/png',
    filename: `f${seq}.png`,
    size: 5,
    seconds: null,
  }
  return {
    streamId,
    epoch: 1,
    events: [messageFact(seq)],
    messages: [
      {
        insert: {
          messageId: `M${seq}`,
          chatId: 'chat',
          direction: 'in',
          dedupeKey: `chat||0|M${seq}`,
          content: {
            ...inbound(`M${seq}`, `secret words ${seq}`),
            caption: 'a caption',
            media: media ?? null,
          },
          status: 'received',
          seq,
          at,
          ...extra.insert,
        },
      },
    ],
    ...(extra.file && { downloads: [{ seq, source: extra.file, at }] }),
    ...(extra.delivered && {
      deliveries: [
        {
          webhookId: `${streamId}.${seq}.messages`,
          kind: 'messages',
          lane: `${streamId}|chat`,
          sessionId: 'a',
          seq,
          at,
          payload: null,
        },
      ],
    }),
  }
}

export function mediaContract(subject: Subject): void {
  test('downloads are due with their messages, oldest first, and deliveries show their state', async () => {
    const { store } = subject
    const streamId = await given(store, 'a')
    await store.commit(arrival(streamId, 2, 300, { file: source(2), delivered: true }))
    await store.commit(arrival(streamId, 3, 200, { file: source(3) }))
    await store.commit(arrival(streamId, 4, 100))
    const due = await store.downloads.due(streamId, 300, 10)
    expect(due.map(({ seq }) => seq)).toEqual([3, 2])
    expect(due[1]).toEqual({
      streamId,
      sessionId: 'a',
      seq: 2,
      message: { messageId: 'M2', chatId: 'chat', participant: null, fromMe: false },
      dedupeKey: 'chat||0|M2',
      source: source(2),
      attempts: 0,
      at: 300,
      nextAt: 300,
    })
    expect((await store.downloads.due(streamId, 250, 10)).map(({ seq }) => seq)).toEqual([3])
    expect((await store.downloads.due(streamId, 300, 1)).map(({ seq }) => seq)).toEqual([3])
    expect(await store.downloads.streamsDue(299)).toEqual([streamId])
    expect(await store.downloads.streamsDue(199)).toEqual([])
    expect([
      await store.downloads.nextAt(0),
      await store.downloads.nextAt(200),
      await store.downloads.nextAt(300),
    ]).toEqual([200, 300, null])
    expect((await store.deliveries.head(`${streamId}|chat`))?.download).toEqual({
      state: 'pending',
      error: null,
    })
  })

  test('streams with due downloads are listed once, however many each has, and pending ones are known before', async () => {
    const { store } = subject
    const streams: string[] = []
    for (const [n, name] of ['a', 'b', 'c', 'd'].entries()) {
      const streamId = await given(store, name)
      streams.push(streamId)
      // One is due later, one is through.
      const at = name === 'b' ? 500 : 100
      for (let seq = 2; seq < 4 + n; seq++)
        await store.commit(arrival(streamId, seq, at, { file: source(seq) }))
      if (name === 'c')
        for (const seq of [2, 3, 4, 5]) await store.downloads.settle(streamId, seq, { done: true })
    }
    const [a, b, , d] = streams as [string, string, string, string]
    expect(await store.downloads.streamsDue(100)).toEqual([a, d].sort())
    expect(await store.downloads.streamsDue(500)).toEqual([a, b, d].sort())
    expect(await Promise.all(streams.map(one => store.downloads.hasPending(one)))).toEqual([
      true,
      true,
      false,
      true,
    ])
    expect((await store.downloads.due(d, 100, 3)).map(({ seq }) => seq)).toEqual([2, 3, 4])
    expect(await store.downloads.due(b, 100, 3)).toEqual([])
  })

  test('a download that failed is due later, from where the file lies then, also after a restart', async () => {
    const streamId = await given(subject.store, 'a')
    await subject.store.commit(arrival(streamId, 2, 100, { file: source(2), delivered: true }))
    await subject.store.downloads.settle(streamId, 2, { retryAt: 900, error: 'HTTP 500', source: source(7) })
    await subject.reopen()
    const { store } = subject
    expect(await store.downloads.due(streamId, 899, 10)).toEqual([])
    expect(await store.downloads.due(streamId, 900, 10)).toMatchObject([
      { attempts: 1, source: source(7), at: 100, nextAt: 900 },
    ])
    expect((await store.deliveries.head(`${streamId}|chat`))?.download).toEqual({
      state: 'pending',
      error: 'HTTP 500',
    })
  })

  test.each([
    [{ done: true } as const, { state: 'done', error: null }],
    [{ failed: true, error: 'gone' } as const, { state: 'failed', error: 'gone' }],
  ])('a download that ended with %j is over, and its key forgotten', async (outcome, state) => {
    const { store } = subject
    const streamId = await given(store, 'a')
    await store.commit(arrival(streamId, 2, 100, { file: source(2), delivered: true }))
    await store.downloads.settle(streamId, 2, outcome)
    await store.downloads.settle(streamId, 2, { retryAt: 1, error: 'late' })
    await store.downloads.settle('nobody', 2, { done: true })
    expect(await store.downloads.due(streamId, 10_000, 10)).toEqual([])
    expect(await store.downloads.nextAt(0)).toBeNull()
    expect((await store.deliveries.head(`${streamId}|chat`))?.download).toEqual(state)
    expect(await store.downloads.describe(id(2))).toEqual({ mimetype: 'image/png', filename: 'f2.png' })
    expect(await store.downloads.describe(id(3))).toBeNull()
  })

  test('a session that is erased takes its downloads along', async () => {
    const { store } = subject
    const streamId = await given(store, 'a')
    await store.commit(arrival(streamId, 2, 100, { file: source(2) }))
    await store.commit({ streamId, epoch: 1, erase: 'stream' })
    expect(await store.downloads.due(streamId, 10_000, 10)).toEqual([])
    expect(await store.downloads.describe(id(2))).toBeNull()
  })

  test('bodies are erased by age, oldest first, some at a time, and the rest of a message stays', async () => {
    const { store } = subject
    const streamId = await given(store, 'a')
    for (const [seq, at] of [
      [2, 300],
      [3, 100],
      [4, 200],
      [5, 400],
    ] as const)
      await store.commit(arrival(streamId, seq, at, { file: source(seq) }))
    const bodies = () =>
      Promise.all(
        [2, 3, 4, 5].map(async seq => {
          const { content } = (await store.messages.find(streamId, `M${seq}`))!
          return (content as { body: string }).body
        }),
      )
    expect(await store.eraseBodies(400, 2)).toBe(2)
    expect(await bodies()).toEqual(['secret words 2', null, null, 'secret words 5'])
    expect(await store.eraseBodies(400, 2)).toBe(1)
    expect(await store.eraseBodies(400, 2)).toBe(0)
    expect(await bodies()).toEqual([null, null, null, 'secret words 5'])
    const { content, history } = (await store.messages.find(streamId, 'M3'))!
    expect(content).toEqual({
      ...inbound('M3', ''),
      body: null,
      caption: null,
      media: { id: id(3), mimetype: 'image/png', filename: 'f3.png', size: 5, seconds: null },
    })
    expect(history).toEqual([{ status: 'received', at: 100 }])
  })

  test('the words beyond the body are erased with it', async () => {
    const { store } = subject
    const streamId = await given(store, 'a')
    const quoted = {
      message_id: 'Q',
      from: null,
      from_lid: null,
      type: 'text',
      text: 'private',
      is_status: false,
    }
    const selection = { kind: 'button', id: 'b', title: 'private', description: null, params: null } as const
    const content = {
      ...inbound('IN', 'private'),
      forwarded: true,
      quoted,
      selection,
      raw: { text: 'private' },
    }
    await store.commit(arrival(streamId, 2, 1, { insert: { messageId: 'IN', content } }))
    const preview = { url: 'https://a.test', title: 'private', description: null, thumbnail: null }
    const own = { client_ref: 'order-7', metadata: { note: 'private' } }
    const text = { ...outgoing('private'), preview, ...own } as SendContent
    const out = {
      messageId: 'OUT',
      direction: 'out',
      dedupeKey: 'out|OUT',
      content: text,
      status: 'sent',
    } as const
    await store.commit(arrival(streamId, 3, 1, { insert: out }))
    expect(await store.eraseBodies(1_000, 100)).toBe(2)
    for (const id of ['IN', 'OUT'])
      expect(JSON.stringify((await store.messages.find(streamId, id))!.content)).not.toContain('private')
    expect((await store.messages.find(streamId, 'IN'))!.content).toMatchObject({
      forwarded: true,
      message_id: 'IN',
    })
    expect((await store.messages.find(streamId, 'OUT'))!.content).toMatchObject({ client_ref: 'order-7' })
  })

  test('messages that wait for Laravel or WhatsApp keep their bodies, and lose them later', async () => {
    const { store } = subject
    const streamId = await given(store, 'a')
    const out = (messageId: string, content: SendContent, status: Insert['status'] = 'queued') =>
      ({ messageId, direction: 'out', dedupeKey: `out|${messageId}`, content, status }) as const
    await store.commit(arrival(streamId, 2, 1, { delivered: true }))
    const secret = new Uint8Array(32).fill(7)
    await store.commit(arrival(streamId, 3, 1, { insert: { ...out('OUT', outgoing('unsent')), secret } }))
    const place = { to: 'chat', reply_to: null, latitude: 1, longitude: 2, name: 'Home', address: 'A street' }
    await store.commit(arrival(streamId, 4, 1, { insert: out('PLACE', { type: 'location', ...place }) }))
    const bytes = Buffer.from('encoded words')
    const sent = (messageId: string) => ({ update: { messageId, status: 'sent', at: 2 } }) as const
    await store.commit({
      streamId,
      epoch: 1,
      messages: [{ encoded: { messageId: 'OUT', proto: bytes } }, sent('PLACE')],
    })
    expect(await store.eraseBodies(1_000, 100)).toBe(1)
    expect((await store.messages.find(streamId, 'PLACE'))!.content).toMatchObject({
      name: null,
      address: null,
      latitude: 1,
    })
    expect((await store.messages.unsent(streamId))[0]!.content).toMatchObject({ body: 'unsent' })
    expect(await store.messages.encoded(streamId, 'OUT')).toEqual(new Uint8Array(bytes))
    expect(await store.messages.secretOf(streamId, 'OUT')).toEqual(secret)
    const head = (await store.deliveries.head(`${streamId}|chat`))!
    expect(head.payload).toMatchObject({ body: 'secret words 2', caption: 'a caption' })

    await store.deliveries.settle(head.id, { done: true })
    await store.commit({ streamId, epoch: 1, messages: [sent('OUT')] })
    expect(await store.eraseBodies(1_000, 100)).toBe(2)
    expect(await store.messages.encoded(streamId, 'OUT')).toBeNull()
    expect(await store.messages.secretOf(streamId, 'OUT')).toBeNull()
    expect((await store.messages.find(streamId, 'OUT'))!.content).toMatchObject({ body: null, to: 'chat' })
  })

  test('files are known from before they are there until they were removed, by when they were used', async () => {
    const { media } = subject.store
    expect(await media.isComplete()).toBe(false)
    await media.changed([
      { stored: 'a', at: 100 },
      { stored: 'b', at: 200 },
      { found: 'a' },
      { found: 'c' },
      { complete: true },
    ])
    await subject.reopen()
    const again = subject.store.media
    expect(await again.isComplete()).toBe(true)
    expect(await again.unusedSince(200, 10)).toEqual(['c', 'a'])
    expect(await again.unusedSince(1_000, 2)).toEqual(['c', 'a'])
    await again.changed([
      { used: 'c', at: 900 },
      { used: 'a', at: 50 },
      { used: 'unknown', at: 1 },
    ])
    expect(await again.unusedSince(1_000, 10)).toEqual(['a', 'b', 'c'])
    // It was stored again while it was being removed.
    await again.changed([
      { stored: 'a', at: 2_000 },
      { removed: 'a', before: 1_000 },
      { removed: 'b', before: 1_000 },
    ])
    expect(await again.unusedSince(9_000, 10)).toEqual(['c', 'a'])
  })

  test('a file that nobody needs is none once a message has it, or once it is stored again', async () => {
    const { store } = subject
    const streamId = await given(store, 'a')
    await given(store, 'b')
    for (const n of [2, 3, 4]) await store.commit(arrival(streamId, n, 100, { file: source(n) }))
    await store.media.changed([2, 3, 4].map(n => ({ stored: id(n), at: 100 })))
    await store.commit({ streamId, epoch: 1, erase: 'stream' })
    expect(await store.media.unneeded(10)).toEqual([id(2), id(3), id(4)])
    expect(await store.media.unneeded(1)).toEqual([id(2)])
    await store.media.changed([{ stored: id(2), at: 200 }])
    await store.commit(arrival('stream-of-b', 2, 100, { file: source(3) }))
    expect(await Promise.all([2, 3, 4].map(n => store.media.isUnneeded(id(n))))).toEqual([false, false, true])
    await store.media.changed([{ gone: id(2) }, { gone: id(4) }])
    expect(await store.media.unneeded(10)).toEqual([])
    expect(await store.media.unusedSince(9_000, 10)).toEqual([id(3), id(2)])
  })
}
