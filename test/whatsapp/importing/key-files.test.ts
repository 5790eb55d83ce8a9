import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SignalDataSet, useMultiFileAuthState } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KeyType, keyOfFile } from '../../../src/whatsapp/importing/key-files.ts'

/** Names as WhatsApp's keys have them. */
const IDS: Record<KeyType, string[]> = {
  'pre-key': ['1', '812'],
  session: ['34600000001.0', '34600000001.12', '100000000000001_1.0', '34600000001_128.99'],
  'sender-key': [
    '120363000000000001@g.us::100000000000001_1::12',
    '34600000001-1600000000@g.us::34600000002::0',
    'status@broadcast::34600000002::3',
  ],
  'sender-key-memory': ['120363000000000001@g.us', '34600000001-1600000000@g.us'],
  'app-state-sync-key': ['AAAAAGB/+w==', '////', 'AAAAANlV'],
  'app-state-sync-version': ['critical_unblock_low', 'regular'],
  'lid-mapping': ['34600000001', '100000000000001_reverse'],
  'device-list': ['34600000001'],
  'identity-key': ['100000000000001_1.0'],
  tctoken: ['100000000000001@lid', '__index'],
}

describe('The files of useMultiFileAuthState', () => {
  const folder = mkdtempSync(join(tmpdir(), 'key-files-'))
  beforeAll(async () => {
    const { state } = await useMultiFileAuthState(folder)
    const data = Object.entries(IDS).map(([type, ids]) => [
      type,
      Object.fromEntries(ids.map(id => [id, `${type} ${id}`])),
    ])
    await state.keys.set(Object.fromEntries(data) as SignalDataSet)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('say by their names which key they hold, as Baileys wrote them', () => {
    const files = readdirSync(folder)
    expect(files).toHaveLength(Object.values(IDS).flat().length)
    for (const file of files) {
      const { type, id } = keyOfFile(file)!
      expect(JSON.parse(readFileSync(join(folder, file), 'utf8'))).toBe(`${type} ${id}`)
    }
  })

  it.each([
    'creds.json',
    'creds.json.bak',
    'baileys_store.json',
    'session-.json',
    'sender-key-120363000000000001@g.us.json',
    'pre-key-1.json.tmp',
  ])('are not taken for a key: %s', file => {
    expect(keyOfFile(file)).toBeNull()
  })
})
