import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Subject } from './contract.ts'
import { given, inbound, messageFact } from './facts.ts'

export function keysContract(subject: Subject): void {
  test('keys are written, replaced, deleted and read by type', async () => {
    const streamId = await given(subject.store, 'a')
    const other = await given(subject.store, 'b')
    const bytes = new Uint8Array(randomBytes(3_000))
    const key = (type: string, id: string, value: Uint8Array | null) => ({ type, id, value })
    await subject.store.commit({
      streamId,
      epoch: 1,
      keys: [
        key('session', '1', bytes),
        key('session', '2', bytes),
        key('pre-key', '1', new Uint8Array([0])),
      ],
    })
    await subject.store.commit({
      streamId,
      epoch: 1,
      keys: [
        key('session', '2', null),
        key('session', '3', new Uint8Array()),
        key('pre-key', '1', new Uint8Array([255])),
      ],
    })
    const { keys } = subject.store
    expect(await keys.get(streamId, 'session', ['1', '2', '3', '4'])).toEqual({
      1: bytes,
      3: new Uint8Array(),
    })
    expect(await keys.get(streamId, 'pre-key', ['1'])).toEqual({ 1: new Uint8Array([255]) })
    expect(await keys.get(streamId, 'session', [])).toEqual({})
    expect(await keys.get(other, 'session', ['1'])).toEqual({})
  })

  test('within one write the last value of a key wins', async () => {
    const streamId = await given(subject.store, 'a')
    const one = (value: number | null) => ({
      type: 't',
      id: 'x',
      value: value === null ? null : new Uint8Array([value]),
    })
    await subject.store.commit({ streamId, epoch: 1, keys: [one(1), one(null), one(2)] })
    expect(await subject.store.keys.get(streamId, 't', ['x'])).toEqual({ x: new Uint8Array([2]) })
  })

  test('ids like `__proto__` are plain ids', async () => {
    const streamId = await given(subject.store, 'a')
    const ids = ['__proto__', 'constructor', 'toString', '']
    await subject.store.commit({
      streamId,
      epoch: 1,
      keys: ids.map(id => ({ type: 't', id, value: new Uint8Array([1]) })),
    })
    const found = await subject.store.keys.get(streamId, 't', ids)
    for (const id of ids)
      expect(Object.getOwnPropertyDescriptor(found, id)?.value).toEqual(new Uint8Array([1]))
    expect(
      (await subject.store.keys.get(streamId, 't', ['hasOwnProperty', 'valueOf'])).valueOf,
    ).not.toBeInstanceOf(Uint8Array)
  })

  test('a decrypted stanza stays known after it is done, and is stored once', async () => {
    const streamId = await given(subject.store, 'a')
    const row = (hash: string, at: number) => ({
      hash,
      plaintext: new Uint8Array(Buffer.from(`plain ${hash}`)),
      stanza: JSON.stringify({ hash }),
      at,
    })
    await subject.store.commit({
      streamId,
      epoch: 1,
      inbox: [{ put: row('b', 1) }, { put: row('a', 2) }, { put: row('c', 3) }],
    })
    await subject.store.commit({ streamId, epoch: 1, inbox: [{ done: 'a' }, { done: 'unknown' }] })
    expect(await subject.store.keys.unfinished(streamId)).toEqual([row('b', 1), row('c', 3)])
    expect(await subject.store.keys.inbox(streamId, 'a')).toEqual({ ...row('a', 2), done: true })
    expect(await subject.store.keys.inbox(streamId, 'b')).toEqual({ ...row('b', 1), done: false })
    expect(await subject.store.keys.inbox(streamId, 'unknown')).toBeNull()
    expect(await subject.store.keys.inbox('nobody', 'a')).toBeNull()
    // A redelivery puts the same stanza again: it stays done.
    await subject.store.commit({ streamId, epoch: 1, inbox: [{ put: row('a', 9) }] })
    expect(await subject.store.keys.unfinished(streamId)).toEqual([row('b', 1), row('c', 3)])
    expect((await subject.store.keys.inbox(streamId, 'a'))?.at).toBe(2)
  })

  test('a message is known by its dedupe key from its commit on, whoever asked for it before', async () => {
    const streamId = await given(subject.store, 'a')
    const { keys, messages } = subject.store
    const arrive = (id: string, seq: number) =>
      subject.store.commit({
        ...{ streamId, epoch: 1, events: [messageFact(seq)] },
        messages: [
          {
            insert: {
              ...{
                messageId: id,
                chatId: 'chat',
                direction: 'in',
                dedupeKey: `in|${id}`,
                status: 'received',
              },
              ...{ content: inbound(id, 'x'), seq, at: seq },
            },
          },
        ],
      })
    await arrive('M', 2)
    const known = () => Promise.all(['in|M', 'in|N'].map(key => messages.hasDedupeKey(streamId, key)))
    expect(await keys.inbox(streamId, 'h', ['in|M', 'in|N'])).toBeNull()
    expect(await known()).toEqual([true, false])
    const asked = keys.inbox(streamId, 'h', ['in|M', 'in|N'])
    await arrive('N', 3)
    await asked
    expect(await known()).toEqual([true, true])
  })

  test('a stanza may be put and done in one write', async () => {
    const streamId = await given(subject.store, 'a')
    const put = { hash: 'h', plaintext: new Uint8Array([1]), stanza: '{}', at: 1 }
    await subject.store.commit({ streamId, epoch: 1, inbox: [{ put }, { done: 'h' }] })
    expect(await subject.store.keys.unfinished(streamId)).toEqual([])
    expect(await subject.store.keys.inbox(streamId, 'h')).toEqual({ ...put, done: true })
  })

  test('the commit of a deletion takes the credentials, however much else it leaves for later', async () => {
    const streamId = await given(subject.store, 'a')
    const seqs = Array.from({ length: 400 }, (_, i) => i + 2)
    await subject.store.commit({
      ...{ streamId, epoch: 1, events: seqs.map(seq => messageFact(seq)) },
      keys: [{ type: 'creds', id: '0', value: Buffer.from('c') }],
      deliveries: seqs.map(seq => ({
        ...{ webhookId: `${streamId}.${seq}`, kind: 'messages' as const, lane: `${streamId}|chat` },
        ...{ sessionId: 'a', seq, at: 1, payload: null },
      })),
    })
    const tombstone = { ...messageFact(402), type: 'session.deleted', data: {} }
    await subject.store.commit({ streamId, epoch: 1, events: [tombstone], erase: 'stream' })
    expect(await subject.store.keys.get(streamId, 'creds', ['0'])).toEqual({})
    expect(await subject.store.eraseDeleted(10)).toBe(10)
    while ((await subject.store.eraseDeleted(1_000)) === 1_000);
  })
}
