import { expect, test } from 'vitest'
import type { Subject } from './contract.ts'
import { created, given, inbound, lifecycle, living, messageFact } from './facts.ts'

export function writesContract(subject: Subject): void {
  test('what was committed is there after a restart', async () => {
    const streamId = await given(subject.store, 'a')
    await subject.store.commit({
      streamId,
      epoch: 1,
      events: [messageFact(2)],
      keys: [{ type: 'creds', id: 'creds', value: Buffer.from('secret') }],
    })
    await subject.reopen()
    expect((await living(subject.store, 'a')).lastSeq).toBe(2)
    expect((await subject.store.log.after(streamId, 0, 10)).map(event => event.seq)).toEqual([1, 2])
    expect(await subject.store.keys.get(streamId, 'creds', ['creds'])).toEqual({
      creds: new Uint8Array(Buffer.from('secret')),
    })
  })

  test('a write is readable as a whole as soon as its promise resolves', async () => {
    const streamId = await given(subject.store, 'a')
    const writes = Array.from({ length: 50 }, (_, i) =>
      subject.store
        .commit({
          streamId,
          epoch: 1,
          events: [messageFact(i + 2)],
          messages: [
            {
              insert: {
                messageId: `M${i}`,
                chatId: 'chat',
                direction: 'in',
                dedupeKey: `k${i}`,
                content: inbound(`M${i}`, 'hi'),
                status: 'received',
                seq: i + 2,
                at: 1,
              },
            },
          ],
        })
        .then(async () => {
          expect((await subject.store.log.after(streamId, i + 1, 1))[0]?.seq).toBe(i + 2)
          expect((await subject.store.messages.find(streamId, `M${i}`))?.seq).toBe(i + 2)
        }),
    )
    await Promise.all(writes)
    expect((await living(subject.store, 'a')).lastSeq).toBe(51)
  })

  test('a seq that does not follow is refused, and nothing changes', async () => {
    const streamId = await given(subject.store, 'a')
    for (const seqs of [[3], [1], [2, 4], [3, 2], [2, 2], [0], [-1]]) {
      const refused = subject.store.commit({
        streamId,
        epoch: 1,
        events: seqs.map(seq => messageFact(seq)),
        keys: [{ type: 'session', id: 'x', value: Buffer.from('x') }],
      })
      await expect(refused).rejects.toMatchObject({ code: 'SEQ_CONFLICT', retryable: false })
    }
    expect(await subject.store.log.after(streamId, 0, 10)).toHaveLength(1)
    expect(await subject.store.keys.get(streamId, 'session', ['x'])).toEqual({})
    await subject.store.commit({ streamId, epoch: 1, events: [messageFact(2)] })
  })

  test("any epoch but the stream's own is refused, with or without events", async () => {
    const streamId = await given(subject.store, 'a')
    const keys = [{ type: 'session', id: 'x', value: Buffer.from('x') }]
    for (const epoch of [0, 2])
      for (const write of [
        { streamId, epoch, keys },
        { streamId, epoch, events: [messageFact(2)] },
      ])
        await expect(subject.store.commit(write)).rejects.toMatchObject({ code: 'EPOCH_CONFLICT' })
    expect(await subject.store.keys.get(streamId, 'session', ['x'])).toEqual({})
    expect((await living(subject.store, 'a')).lastSeq).toBe(1)
  })

  test('a claim refuses the previous owner for ever', async () => {
    const streamId = await given(subject.store, 'a')
    expect(await subject.store.claim(streamId)).toBe(2)
    await subject.reopen()
    expect((await living(subject.store, 'a')).epoch).toBe(2)
    const old = subject.store.commit({ streamId, epoch: 1, events: [messageFact(2)] })
    await expect(old).rejects.toMatchObject({ code: 'EPOCH_CONFLICT' })
    await subject.store.commit({ streamId, epoch: 2, events: [messageFact(2)] })
    expect(await subject.store.claim(streamId)).toBe(3)
  })

  test('a claim between writes of one tick holds for the writes after it', async () => {
    const streamId = await given(subject.store, 'a')
    const results = await Promise.allSettled([
      subject.store.commit({ streamId, epoch: 1, events: [messageFact(2)] }),
      subject.store.claim(streamId),
      subject.store.commit({ streamId, epoch: 1, events: [messageFact(3)] }),
      subject.store.commit({ streamId, epoch: 2, events: [messageFact(3)] }),
    ])
    expect(results.map(result => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    expect(await living(subject.store, 'a')).toMatchObject({ epoch: 2, lastSeq: 3 })
  })

  test('a stream that was never created can be neither claimed nor written to', async () => {
    await expect(subject.store.claim('nobody')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' })
    const write = subject.store.commit({ streamId: 'nobody', epoch: 1, events: [messageFact(1)] })
    await expect(write).rejects.toMatchObject({ code: 'SEQ_CONFLICT' })
  })

  test('a session id is in use once at a time, and a stream is created once', async () => {
    await given(subject.store, 'a')
    for (const write of [
      created('a'),
      created('a', { streamId: 'another' }),
      created('b', { streamId: 'stream-of-a' }),
    ])
      await expect(subject.store.commit(write)).rejects.toMatchObject({ code: 'SEQ_CONFLICT' })
    expect((await Array.fromAsync(subject.store.sessions.all())).map(row => row.sessionId)).toEqual(['a'])
  })

  test('of two writes that create one session in the same tick the first wins', async () => {
    const results = await Promise.allSettled([
      subject.store.commit(created('a', { streamId: 'first' })),
      subject.store.commit(created('a', { streamId: 'second' })),
    ])
    expect(results.map(result => result.status)).toEqual(['fulfilled', 'rejected'])
    expect((await living(subject.store, 'a')).streamId).toBe('first')
  })

  test('a conflict of one stream does not touch the others of its tick', async () => {
    const streams = await Promise.all(Array.from({ length: 20 }, (_, i) => given(subject.store, `s${i}`)))
    const results = await Promise.allSettled(
      streams.map((streamId, i) =>
        subject.store.commit({ streamId, epoch: i === 3 ? 9 : 1, events: [messageFact(i === 7 ? 5 : 2)] }),
      ),
    )
    expect(results.flatMap((result, i) => (result.status === 'rejected' ? [i] : []))).toEqual([3, 7])
    for (const [i, streamId] of streams.entries())
      expect(await subject.store.log.after(streamId, 1, 10)).toHaveLength(i === 3 || i === 7 ? 0 : 1)
  })

  test('a write that fails halfway is undone as a whole, and the others of its tick are kept', async () => {
    const [one, two, three] = await Promise.all(['a', 'b', 'c'].map(id => given(subject.store, id)))
    const message = (dedupeKey: string, seq: number) => ({
      insert: {
        messageId: `M${seq}`,
        chatId: 'chat',
        direction: 'in' as const,
        dedupeKey,
        content: inbound(`M${seq}`, 'hi'),
        status: 'received' as const,
        seq,
        at: 1,
      },
    })
    await subject.store.commit({
      streamId: two!,
      epoch: 1,
      events: [messageFact(2)],
      messages: [message('k', 2)],
    })
    const results = await Promise.allSettled([
      subject.store.commit({ streamId: one!, epoch: 1, events: [messageFact(2)] }),
      subject.store.commit({
        streamId: two!,
        epoch: 1,
        events: [messageFact(3)],
        keys: [{ type: 'session', id: 'x', value: Buffer.from('x') }],
        messages: [message('k', 3)],
      }),
      subject.store.commit({ streamId: two!, epoch: 1, events: [messageFact(4)] }),
      subject.store.commit({ streamId: three!, epoch: 1, events: [messageFact(2)] }),
      subject.store.claim(three!),
    ])
    expect(results.map(result => result.status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
    expect(results[1]).toMatchObject({ reason: { code: 'CONFLICT', retryable: false } })
    expect(results[4]).toMatchObject({ value: 2 })
    for (const id of ['a', 'b', 'c']) expect((await living(subject.store, id)).lastSeq).toBe(2)
    expect(await subject.store.keys.get(two!, 'session', ['x'])).toEqual({})
    await subject.store.commit({
      streamId: two!,
      epoch: 1,
      events: [messageFact(3)],
      messages: [message('l', 3)],
    })
  })

  test('writes that follow a failed one of their stream fail too, even if they have no seq', async () => {
    const streamId = await given(subject.store, 'a')
    const bad = subject.store.commit({ streamId, epoch: 1, events: [messageFact(9)] })
    const follower = subject.store.commit({
      streamId,
      epoch: 1,
      keys: [{ type: 'session', id: 'x', value: Buffer.from('x') }],
    })
    await expect(bad).rejects.toMatchObject({ code: 'SEQ_CONFLICT' })
    await expect(follower).rejects.toMatchObject({ code: 'SEQ_CONFLICT' })
    expect(await subject.store.keys.get(streamId, 'session', ['x'])).toEqual({})
    await subject.store.commit({
      streamId,
      epoch: 1,
      keys: [{ type: 'session', id: 'x', value: Buffer.from('y') }],
    })
    expect(await subject.store.keys.get(streamId, 'session', ['x'])).toEqual({
      x: new Uint8Array(Buffer.from('y')),
    })
  })

  test('a write that is not JSON is refused, and the others are kept', async () => {
    const [one, two] = await Promise.all(['a', 'b'].map(id => given(subject.store, id)))
    const circular: Record<string, unknown> = {}
    circular.self = circular
    const results = await Promise.allSettled([
      subject.store.commit({ streamId: one!, epoch: 1, events: [{ ...messageFact(2), data: circular }] }),
      subject.store.commit({ streamId: one!, epoch: 1, events: [{ ...messageFact(2), at: Number.NaN }] }),
      subject.store.commit({
        streamId: one!,
        epoch: 1,
        events: [{ ...messageFact(2), type: (() => {}) as never }],
      }),
      subject.store.commit({ streamId: two!, epoch: 1, events: [messageFact(2)] }),
    ])
    for (const result of results.slice(0, 3))
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'GatewayError', code: 'INTERNAL' } })
    expect((await living(subject.store, 'a')).lastSeq).toBe(1)
    expect((await living(subject.store, 'b')).lastSeq).toBe(2)
  })

  test('a write may be changed once it was handed over', async () => {
    const streamId = await given(subject.store, 'a')
    const value = Buffer.from('before')
    const event = messageFact(2)
    const done = subject.store.commit({
      streamId,
      epoch: 1,
      events: [event],
      keys: [{ type: 't', id: 'x', value }],
    })
    value.write('after!')
    event.data.messageId = 'changed'
    await done
    expect(await subject.store.keys.get(streamId, 't', ['x'])).toEqual({
      x: new Uint8Array(Buffer.from('before')),
    })
    expect((await subject.store.log.after(streamId, 1, 1))[0]?.data.messageId).toBe('M2')
  })

  test('a lifecycle fact must come first', async () => {
    const write = created('a', { events: [messageFact(1)] })
    await expect(subject.store.commit(write)).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(await subject.store.sessions.find('a')).toBeNull()
  })

  test('close waits for what was handed over, then refuses', async () => {
    const streamId = await given(subject.store, 'a')
    const writes = Array.from({ length: 100 }, (_, i) =>
      subject.store.commit({ streamId, epoch: 1, events: [messageFact(i + 2)] }),
    )
    const { store } = subject
    await subject.reopen()
    await Promise.all(writes)
    expect((await living(subject.store, 'a')).lastSeq).toBe(101)
    for (const late of [
      store.commit({ streamId, epoch: 1, events: [lifecycle(102)] }),
      store.claim(streamId),
      store.deliveries.settle(1, { done: true }),
    ])
      await expect(late).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
    const read = async () => store.sessions.find('a')
    await expect(read()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
    await store.close()
  })
}
