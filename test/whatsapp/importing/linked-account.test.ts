import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Curve } from '@whiskeysockets/baileys'
import { afterAll, describe, expect, it } from 'vitest'
import { readLinkedAccount } from '../../../src/whatsapp/importing/linked-account.ts'
import { readCreds } from '../../../src/whatsapp/keys/creds.ts'
import { decodeKey } from '../../../src/whatsapp/keys/key-codec.ts'
import { pairedCreds, writeAuthFolder } from './folders.ts'

const root = mkdtempSync(join(tmpdir(), 'linked-account-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0

async function read(files: Record<string, unknown>, leavesOutBroken = false) {
  const folder = writeAuthFolder(join(root, String(++folders)), files)
  return readLinkedAccount(folder, { leavesOutBroken, now: 5 })
}

/** What the store would answer. */
async function stored({ keys }: Awaited<ReturnType<typeof read>>) {
  const get = (_: string, type: string, ids: string[]): Record<string, Uint8Array> =>
    Object.fromEntries(
      keys.filter(key => key.type === type && ids.includes(key.id)).map(({ id, value }) => [id, value!]),
    )
  return {
    creds: await readCreds(
      { get: async (...of) => get(...of), inbox: async () => null, unfinished: async () => [] },
      's',
    ),
    key: (type: string, id: string) => decodeKey(type, get('s', type, [id])[id]!),
  }
}

describe('A folder of useMultiFileAuthState', () => {
  it('says whose it is, and its credentials and keys are those of the store', async () => {
    const creds = pairedCreds()
    const pair = Curve.generateKeyPair()
    const account = await read({
      'creds.json': creds,
      'pre-key-1.json': pair,
      'lid-mapping-34600000002.json': '"100000000000002"',
      'lid-mapping-100000000000002_reverse.json': '"34600000002"',
      'app-state-sync-version-regular.json': { version: 3, hash: Buffer.alloc(128), indexValueMap: {} },
      'baileys_store.json': '{}',
    })
    expect(account).toMatchObject({
      ...{ waId: '34600000001', lid: '100000000000001@lid', pushName: 'Shop' },
      ...{ device: '34600000001:3@s.whatsapp.net', leftOut: [], foreign: ['baileys_store.json'] },
    })
    const there = await stored(account)
    expect(there.creds).toMatchObject({ found: 'creds', generation: 0, fellBack: false })
    expect(there.creds.found === 'creds' && there.creds.creds.noiseKey).toEqual({
      public: Buffer.from(creds.noiseKey.public),
      private: Buffer.from(creds.noiseKey.private),
    })
    expect(there.key('pre-key', '1')).toEqual({
      public: Buffer.from(pair.public),
      private: Buffer.from(pair.private),
    })
    expect(there.key('lid-mapping', '34600000002')).toBe('100000000000002')
    expect(account.people).toMatchObject([
      { chatId: '100000000000002@lid', lid: '100000000000002@lid', number: '34600000002@s.whatsapp.net' },
    ])
  })

  it('whose credentials are older than its pre-keys gives no number twice', async () => {
    const pair = Curve.generateKeyPair()
    const account = await read({
      'creds.json': { ...pairedCreds(), nextPreKeyId: 31, firstUnuploadedPreKeyId: 31 },
      'pre-key-30.json': pair,
      'pre-key-60.json': pair,
    })
    const { creds } = await stored(account)
    expect(creds.found === 'creds' && creds.creds).toMatchObject({
      nextPreKeyId: 61,
      firstUnuploadedPreKeyId: 61,
    })
  })

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['has no creds.json', { 'pre-key-1.json': '{}' }, /has keys and no creds\.json/],
    ['has an empty one', { 'creds.json': '' }, /creds\.json is empty/],
    ['has half of one', { 'creds.json': '{"noiseKey":{"pri' }, /cut off or damaged/],
    ['has one of another kind', { 'creds.json': '{"clientID":"a"}' }, /noiseKey is missing or damaged/],
    [
      'lacks a key',
      { 'creds.json': { ...pairedCreds(), signedPreKey: { keyId: 1 } } },
      /signedPreKey is missing or damaged/,
    ],
    [
      'was never linked',
      { 'creds.json': { ...pairedCreds(), account: undefined } },
      /no phone has linked it/,
    ],
    [
      'names no device',
      { 'creds.json': pairedCreds({ id: '34600000001@s.whatsapp.net' }) },
      /no linked device/,
    ],
  ])('is refused with the reason: it %s', async (_, files, reason) => {
    await expect(read(files)).rejects.toThrow(reason)
  })

  it.each<[string, unknown]>([
    ['session-34600000002.0.json', ''],
    ['session-34600000002.0.json', '{"_sessions":{"a":{}},"version":"v1"}'],
    ['session-34600000002.0.json', '{}'],
    ['pre-key-7.json', '{"private":{"type":"Buffer","data":"AA=='],
    ['pre-key-7.json', '{}'],
    ['sender-key-1@g.us--34600000002--0.json', '[{}]'],
    ['app-state-sync-key-AAAAAA.json', '{}'],
    ['device-list-34600000002.json', '{}'],
    ['lid-mapping-34600000002.json', '""'],
  ])('is refused for a key file that nobody can read, or moves in without: %s %s', async (file, content) => {
    const files = { 'creds.json': pairedCreds(), [file]: content }
    await expect(read(files)).rejects.toThrow(`${file} is cut off or damaged: with --leave-out-broken`)
    const account = await read(files, true)
    expect(account.leftOut).toEqual([file])
    expect(account.keys.map(({ type }) => type)).toEqual(['creds'])
  })

  it('that must not be read says so', ({ skip }) => {
    skip(process.getuid?.() === 0, 'root may read everything')
    const folder = writeAuthFolder(join(root, 'closed'), { 'creds.json': pairedCreds() })
    chmodSync(folder, 0)
    expect(() => readLinkedAccount(folder, { leavesOutBroken: false, now: 5 })).toThrow(/EACCES/)
    chmodSync(folder, 0o700)
  })
})
