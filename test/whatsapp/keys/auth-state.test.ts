import { initAuthCreds } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import type { InboxRow } from '../../../src/ports/key-store.ts'
import type { Store, Write } from '../../../src/ports/store.ts'
import { AuthState, type KeySet } from '../../../src/whatsapp/keys/auth-state.ts'
import type { KeyCache } from '../../../src/whatsapp/keys/key-cache.ts'

const [LID, OTHER] = ['1_1.0', '2_1.0']
const nextTurn = () => new Promise(resolve => setImmediate(resolve))

/** Keys on a store that commits when a test says so, in front of a cache that forgets everything. */
function setUp(cache: KeyCache = { get: () => undefined, set: () => {} }) {
  const commits: (Write & PromiseWithResolvers<void>)[] = []
  const stored = new Map<string, Uint8Array | null>()
  const held: Promise<void>[] = []
  const failures: unknown[] = []
  const reads = { answered: Promise.resolve() }
  const store = {
    commit: (write: Write) => {
      const answer = Promise.withResolvers<void>()
      commits.push({ ...write, ...answer })
      return answer.promise.then(() => {
        for (const { id, value } of write.keys ?? []) stored.set(id, value)
      })
    },
    keys: {
      get: async (_: string, __: string, ids: string[]) => {
        const found = ids.flatMap(id => (stored.get(id) ? [[id, stored.get(id)]] : []))
        await reads.answered
        return Object.fromEntries(found)
      },
      inbox: async () => null,
    },
  } as unknown as Store
  const auth = new AuthState(
    store,
    cache,
    { streamId: 's', epoch: 1 },
    { creds: initAuthCreds(), generation: -1 },
    { writing: durable => void held.push(durable), failed: error => void failures.push(error) },
  )
  const get = async (id: string) => (await auth.keys.get('device-list', [id]))[id]
  const set = (id: string, value: string[] | null) => auth.keys.set({ 'device-list': { [id]: value } })
  return { auth, commits, held, failures, reads, get, set }
}

const row: InboxRow = { hash: 'h', plaintext: Buffer.from('x'), stanza: '{}', at: 1 }

describe('keys that are written', () => {
  it('are read back at once, whatever a cache forgets, and nothing leaves before they are durable', async () => {
    const { commits, held, get, set } = setUp()
    await set(LID, ['1'])
    expect([commits.length, held.length]).toEqual([1, 1])
    expect(await get(LID)).toEqual(['1'])
    await set(LID, null)
    await set(OTHER, ['2'])
    expect([await get(LID), await get(OTHER)]).toEqual([undefined, ['2']])
    expect([commits.length, held.length]).toEqual([3, 3])
  })

  it('stay the newest ones when an older one is read meanwhile, durable by then and forgotten', async () => {
    const { commits, reads, get, set } = setUp()
    const answer = Promise.withResolvers<void>()
    reads.answered = answer.promise
    const read = get(LID)
    await set(LID, ['new'])
    commits[0]!.resolve()
    await nextTurn()
    reads.answered = Promise.resolve()
    answer.resolve()
    expect(await read).toEqual(['new'])
    expect(await get(LID)).toEqual(['new'])
  })

  it('stay the newest ones when older ones become durable', async () => {
    const { commits, get, set } = setUp()
    await set(LID, ['old'])
    await set(LID, ['new'])
    commits[0]!.resolve()
    await nextTurn()
    expect(await get(LID)).toEqual(['new'])
    commits[1]!.resolve()
    await nextTurn()
    expect(await get(LID)).toEqual(['new'])
  })

  it('stay the newest ones when the newer was told durable first', async () => {
    const known = new Map<string, Uint8Array | null>()
    const cache: KeyCache = {
      get: (_, id) => known.get(id),
      set: (_, id, value) => void known.set(id, value),
    }
    const { commits, get, set } = setUp(cache)
    await set(LID, ['old'])
    await set(LID, ['new'])
    commits[1]!.resolve()
    await nextTurn()
    commits[0]!.resolve()
    await nextTurn()
    expect(await get(LID)).toEqual(['new'])
  })

  it('that cannot be stored are told of, and what waits for them fails', async () => {
    const { auth, commits, held, failures, set } = setUp()
    await set(LID, ['1'])
    const flushed = expect(auth.flush()).rejects.toThrow('disk full')
    commits[0]!.reject(new Error('disk full'))
    await expect(held[0]).rejects.toThrow('disk full')
    await flushed
    expect(failures).toHaveLength(1)
  })

  it('are refused behind one that could not be stored: what came before them is not there', async () => {
    const { auth, commits, failures, set } = setUp()
    await set(LID, ['1'])
    commits[0]!.reject(new Error('disk full'))
    await expect(auth.flush()).rejects.toThrow('disk full')
    expect(failures).toHaveLength(1)
    await expect(set(OTHER, ['2'])).rejects.toThrow('ended')
    await expect(auth.keys.set({ inbox: { h: row } } satisfies KeySet as KeySet)).rejects.toThrow('ended')
    await expect(auth.finishInbox(['h'])).rejects.toThrow('ended')
    expect(commits).toHaveLength(1)
  })

  it('are refused behind a read that had no answer: nobody knows what came before them', async () => {
    const { commits, failures, reads, get, set } = setUp()
    reads.answered = Promise.reject(new Error('connection lost'))
    await expect(get(LID)).rejects.toThrow('connection lost')
    expect(failures).toHaveLength(1)
    await expect(set(OTHER, ['2'])).rejects.toThrow('ended')
    expect(commits).toHaveLength(0)
  })

  it('after the end are refused', async () => {
    const { auth, set } = setUp()
    await auth.close()
    await expect(set(LID, ['1'])).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
  })
})

describe('what was decrypted', () => {
  it('is known from that moment on: the same ciphertext is decrypted once, also while it is being stored', async () => {
    const { auth, commits } = setUp()
    expect(await auth.inboxRow('h')).toBeNull()
    await auth.keys.set({ inbox: { h: row } } satisfies KeySet as KeySet)
    expect(await auth.inboxRow('h')).toEqual({ ...row, done: false })
    commits[0]!.resolve()
    await nextTurn()
    expect(await auth.inboxRow('h')).toBeNull()
  })
})
