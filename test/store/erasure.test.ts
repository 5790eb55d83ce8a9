import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Store } from '../../src/ports/store.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { given, inbound, messageFact } from './facts.ts'

const CANARY = 'canary-that-nobody-may-read'
const COUNT = 200

let dir: string
let store: Store
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'store-'))
})
afterEach(async () => {
  await store.close()
  rmSync(dir, { recursive: true })
})

/** Files of the store, the write-ahead log among them, in which the word stands: also where a page is free. */
const leaks = () =>
  readdirSync(dir).filter(name => name.startsWith('store.') && readFileSync(join(dir, name)).includes(CANARY))

/** Short: of rows that fill pages SQLite leaves pieces behind as it moves them, which secure_delete does not reach. */
const plaintext = (i: number) => Buffer.from(`${CANARY} ${i} ${'x'.repeat((i * 37) % 60)}`)

/** Messages that arrived for a session, each with its inbox row, which is done. */
async function receive(streamId: string, count = COUNT): Promise<void> {
  const hash = (i: number) => `h${i}`
  for (let i = 0; i < count; i++) {
    const put = { hash: hash(i), plaintext: plaintext(i), stanza: `{"n":"${CANARY}"}`, at: 1 }
    void store.commit({ streamId, epoch: 1, inbox: [{ put }] })
    if (i % 50 === 0) await store.commit({ streamId, epoch: 1 })
  }
  for (let i = 0; i < count; i++) {
    const seq = i + 2
    void store.commit({
      streamId,
      epoch: 1,
      events: [messageFact(seq)],
      messages: [
        {
          insert: {
            messageId: `M${seq}`,
            chatId: 'chat',
            direction: 'in',
            dedupeKey: `k${seq}`,
            content: inbound(`M${seq}`, plaintext(i).toString()),
            status: 'received',
            seq,
            at: seq,
          },
        },
      ],
      inbox: [{ done: hash(i) }],
    })
    if (i % 50 === 0) await store.commit({ streamId, epoch: 1 })
  }
  await store.commit({ streamId, epoch: 1 })
}

async function eraseBodies(): Promise<void> {
  while ((await store.eraseBodies(1e9, 100)) === 100);
}

describe('where bodies are kept for a time only', () => {
  test('what they were is nowhere once that is over: not in the inbox, the write-ahead log, or a page that is free', async () => {
    store = await openSqliteStore({ dataDir: dir, erasesDone: true })
    const streamId = await given(store, 'a')
    await receive(streamId)
    expect(await store.keys.unfinished(streamId)).toEqual([])
    expect(await store.keys.inbox(streamId, 'h1')).toMatchObject({
      done: true,
      stanza: '',
      plaintext: new Uint8Array(),
    })
    expect(leaks()).not.toEqual([])
    await eraseBodies()
    await vi.waitFor(() => expect(leaks()).toEqual([]), 10_000)
    expect(await store.keys.inbox(streamId, 'h1')).toMatchObject({ done: true })
  })

  test('so it is for what was done before, when bodies were kept', async () => {
    store = await openSqliteStore({ dataDir: dir })
    const streamId = await given(store, 'a')
    await receive(streamId)
    await store.commit({
      streamId,
      epoch: 1,
      inbox: [{ put: { hash: 'open', plaintext: Buffer.from('o'), stanza: '{}', at: 1 } }],
    })
    expect((await store.keys.inbox(streamId, 'h1'))?.plaintext.length).toBeGreaterThan(10)
    await store.close()
    store = await openSqliteStore({ dataDir: dir, erasesDone: true })
    await eraseBodies()
    await vi.waitFor(() => expect(leaks()).toEqual([]), 10_000)
    expect(await store.keys.inbox(streamId, 'h1')).toMatchObject({ done: true, stanza: '' })
    expect((await store.keys.unfinished(streamId)).map(({ hash, stanza }) => [hash, stanza])).toEqual([
      ['open', '{}'],
    ])
  })
})

test('the last status of a deleted session, which says whose it was, is nowhere once Laravel has it', async () => {
  store = await openSqliteStore({ dataDir: dir })
  const streamId = await given(store, 'a')
  await store.commit({
    streamId,
    epoch: 1,
    erase: 'stream',
    events: [{ ...messageFact(2), type: 'session.deleted', data: {} }],
    deliveries: [
      {
        ...{
          webhookId: `${streamId}.2.status`,
          kind: 'status',
          lane: streamId,
          sessionId: 'a',
          seq: 2,
          at: 2,
        },
        payload: { session_id: 'a', user_id: CANARY } as never,
      },
    ],
  })
  await vi.waitFor(() => expect(leaks()).toEqual(['store.sqlite']), 10_000)
  const { id } = (await store.deliveries.head(streamId))!
  await store.deliveries.settle(id, {
    done: true,
    acceptedStatus: { streamId, estadoQr: 'inactive', at: 3 },
  })
  await vi.waitFor(() => expect(leaks()).toEqual([]), 10_000)
})
