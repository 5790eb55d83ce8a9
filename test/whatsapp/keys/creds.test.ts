import { type AuthenticationCreds, initAuthCreds } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import type { KeyStore, KeyWrite } from '../../../src/ports/key-store.ts'
import { credsJson, credsWrite, isPaired, readCreds } from '../../../src/whatsapp/keys/creds.ts'
import { decodeKey, encodeKey } from '../../../src/whatsapp/keys/key-codec.ts'

const paired = (nextPreKeyId = 1): AuthenticationCreds => ({
  ...initAuthCreds(),
  me: { id: '34600:3@s.whatsapp.net', lid: '998:3@lid', name: 'Shop' },
  account: { details: Buffer.from('d'), accountSignature: Buffer.from('s') },
  nextPreKeyId,
})

/** Key rows in memory; the rest of the port is not read here. */
function rows(...writes: KeyWrite[]) {
  const stored = new Map<string, Uint8Array>()
  const put = ({ type, id, value }: KeyWrite) => stored.set(`${type}/${id}`, value!)
  writes.forEach(put)
  const keys: KeyStore = {
    get: async (_, type, ids) =>
      Object.fromEntries(
        ids.flatMap(id => (stored.has(`${type}/${id}`) ? [[id, stored.get(`${type}/${id}`)!]] : [])),
      ),
    inbox: async () => null,
    unfinished: async () => [],
  }
  const damage = (slot: number, change: (bytes: Buffer) => Uint8Array) =>
    stored.set(`creds/${slot}`, change(Buffer.from(stored.get(`creds/${slot}`)!)))
  return { keys, put, damage }
}
const generation = (n: number, creds = paired(n * 10 + 1)) => credsWrite(credsJson(creds), n)
const flip = (bytes: Buffer) => {
  bytes[bytes.length >> 1]! ^= 1
  return bytes
}

describe('stored credentials', () => {
  it('are read as they were written', async () => {
    const creds = paired()
    const found = await readCreds(rows(credsWrite(credsJson(creds), 0)).keys, 's')
    if (found.found !== 'creds') throw new Error(found.found)
    expect(credsJson(found.creds)).toBe(credsJson(creds))
    expect(found.creds.noiseKey.private).toEqual(creds.noiseKey.private)
    expect(found).toMatchObject({ generation: 0, fellBack: false })
    expect(isPaired(found.creds)).toBe(true)
  })

  it('are `none`, not `corrupt`, when there is no row', async () => {
    expect(await readCreds(rows().keys, 's')).toEqual({ found: 'none' })
  })

  it('are read from the newest of three generations, whatever slot it is in', async () => {
    const { keys, put } = rows()
    for (let n = 0; n < 8; n++) {
      put(generation(n))
      expect(await readCreds(keys, 's')).toMatchObject({ generation: n, fellBack: false })
    }
  })

  it.each([
    ['a flipped bit', flip],
    ['a torn row', (bytes: Buffer) => bytes.subarray(0, bytes.length - 40)],
    ['an empty row', () => new Uint8Array(0)],
    ['a row of another slot', () => generation(6).value!],
  ])('fall back over %s to the generation before', async (_, change) => {
    const { keys, damage } = rows(generation(3), generation(4), generation(5))
    damage(2, change)
    const found = await readCreds(keys, 's')
    expect(found).toMatchObject({ found: 'creds', fellBack: true, creds: { nextPreKeyId: 41 } })
    // The next save must not land in the slot of what is still good.
    expect(found).toMatchObject({ generation: 5 })
  })

  it('need no fallback when only an old generation is damaged', async () => {
    const { keys, damage } = rows(generation(3), generation(4), generation(5))
    damage(1, flip)
    expect(await readCreds(keys, 's')).toMatchObject({ generation: 5, fellBack: false })
  })

  it('that fell back skip the pre-keys that are stored', async () => {
    const { keys, put, damage } = rows(generation(0, paired(6)), generation(1, paired(800)))
    for (const id of [6, 7, 500, 799]) put({ type: 'pre-key', id: String(id), value: Buffer.of(0) })
    damage(1, flip)
    const found = await readCreds(keys, 's')
    expect(found).toMatchObject({ creds: { nextPreKeyId: 800, firstUnuploadedPreKeyId: 800 } })
  })

  it('are corrupt when no generation can be read', async () => {
    const { keys, damage } = rows(generation(0), generation(1))
    damage(0, flip)
    damage(1, flip)
    expect(await readCreds(keys, 's')).toEqual({ found: 'corrupt' })
  })

  it('are corrupt when the only readable ones were never linked', async () => {
    expect(await readCreds(rows(credsWrite(credsJson(initAuthCreds()), 0)).keys, 's')).toEqual({
      found: 'corrupt',
    })
  })
})

describe('stored keys', () => {
  const pair = { public: Buffer.alloc(32, 1), private: Buffer.alloc(32, 2) }
  it.each<[string, unknown]>([
    ['pre-key', pair],
    ['session', { _sessions: { a: { messageKeys: { '0': 'QUJD', '1': 'REVG' } } }, version: 'v1' }],
    ['session', Buffer.from([3, 0, 0, 0])],
    ['identity-key', Buffer.from([5, 0, 255])],
    ['sender-key', Buffer.from('[{"senderKeyId":1}]')],
    ['sender-key-memory', { '998:1@lid': true, '0': false }],
    ['lid-mapping', '998'],
    ['device-list', ['0', '12']],
    ['tctoken', { token: Buffer.from('t'), timestamp: '5', senderTimestamp: 6 }],
    [
      'app-state-sync-version',
      { version: 2, hash: Buffer.alloc(128), indexValueMap: { x: { valueMac: Buffer.of(1) } } },
    ],
  ])('%s is read as it was written', (type, value) => {
    expect(decodeKey(type, encodeKey(type, value))).toEqual(value)
  })

  it('app-state-sync-key is read with its bytes', async () => {
    const { proto } = await import('@whiskeysockets/baileys')
    const key = proto.Message.AppStateSyncKeyData.fromObject({ keyData: Buffer.alloc(32, 7), timestamp: 9 })
    const back = decodeKey('app-state-sync-key', encodeKey('app-state-sync-key', key)) as typeof key
    expect(Buffer.from(back.keyData!)).toEqual(Buffer.alloc(32, 7))
  })

  it('raw bytes are read as Buffers, as libsignal demands', () => {
    const stored = new Uint8Array(encodeKey('identity-key', Buffer.from([5, 1])))
    expect(Buffer.isBuffer(decodeKey('identity-key', stored))).toBe(true)
  })

  it('bytes of an unknown encoding are rejected', () => {
    expect(() => decodeKey('session', Buffer.from('x'))).toThrow(/session/)
  })
})
