import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { BinaryNode } from '@whiskeysockets/baileys'
import pino from 'pino'
import { describe, expect, it, vi } from 'vitest'
import type { InboxRow } from '../../../src/ports/key-store.ts'
import type { AuthState, KeySet } from '../../../src/whatsapp/keys/auth-state.ts'
import { DecryptOnce } from '../../../src/whatsapp/keys/decrypt-once.ts'

/** A watched socket; `kept` are the rows that were stored. */
function setUp() {
  const kept: KeySet['inbox'][] = []
  const told: InboxRow[] = []
  const inboxRow = vi.fn<AuthState['inboxRow']>(async () => null)
  const auth = {
    creds: { me: { id: '34600000001@s.whatsapp.net' } },
    inboxRow,
    storedRow: async () => null,
    keys: { get: async () => ({}), set: async ({ inbox }: KeySet) => void kept.push(inbox) },
  } as unknown as AuthState
  const once = new DecryptOnce(auth, () => 1)
  const ws = new EventEmitter()
  once.watch(
    ws,
    jid => jid === 'ignored@newsletter',
    row => void told.push(row),
  )
  const arrive = (attrs: BinaryNode['attrs'], content: BinaryNode[]) => {
    ws.emit('CB:message', { tag: 'message', attrs, content })
  }
  return { once, kept, told, arrive, inboxRow }
}
const silent = pino({ level: 'silent' })
const plaintext = (text: string): BinaryNode => ({ tag: 'plaintext', attrs: {}, content: Buffer.from(text) })
const unavailable = (type?: string): BinaryNode => ({ tag: 'unavailable', attrs: type ? { type } : {} })
const enc: BinaryNode = { tag: 'enc', attrs: { type: 'msg' }, content: Buffer.from('sealed') }

describe('a stanza that arrives', () => {
  it('without encryption is stored before Baileys gets it, and the same words of two posts are two rows', async () => {
    const { once, kept, arrive } = setUp()
    const from = '1@newsletter'
    arrive({ from, id: 'A' }, [plaintext('same')])
    arrive({ from, id: 'B' }, [plaintext('same')])
    arrive({ from: '2@newsletter', id: 'A' }, [plaintext('same')])
    expect(new Set(kept.flatMap(rows => Object.keys(rows!))).size).toBe(3)
    expect((await once.takeRows({ remoteJid: from, id: 'A', fromMe: false })).rows).toHaveLength(1)
    expect(await once.takeRows({ remoteJid: from, id: 'A', fromMe: false })).toEqual({
      rows: [],
      again: false,
    })
    expect(await once.takeAllRows()).toHaveLength(2)
  })

  it.each([
    ['an encrypted message', '5@s.whatsapp.net', [enc]],
    ['a post of an ignored chat', 'ignored@newsletter', [plaintext('x')]],
    ['a placeholder in an ignored chat', 'ignored@newsletter', [unavailable()]],
    [
      'a placeholder that no device gets a message for',
      '5@s.whatsapp.net',
      [unavailable('bot_unavailable_fanout')],
    ],
  ])('as %s is not stored here', (_, from, content) => {
    const { kept, arrive } = setUp()
    arrive({ from, id: 'A' }, content)
    expect(kept).toEqual([])
  })

  it.each([
    'view_once',
    'view_once_unavailable_fanout',
  ])('as a stub of what may be seen once (%s) is stored and told of, as Baileys never does', async type => {
    const { once, kept, told, arrive } = setUp()
    arrive({ from: '5@s.whatsapp.net', id: 'A' }, [unavailable(type)])
    await setImmediate()
    expect(told.map(({ hash }) => hash)).toEqual(kept.flatMap(rows => Object.keys(rows!)))
    expect([told.length, await once.takeAllRows()]).toEqual([1, []])
    arrive({ from: '5@strange.example', id: 'A' }, [unavailable(type)])
    expect(told).toHaveLength(1)
  })

  const asked: [string, BinaryNode['attrs'], string[]][] = [
    [
      'a person',
      { from: '5:2@s.whatsapp.net', sender_lid: '55:2@lid' },
      ['5@s.whatsapp.net||0|A', '55@lid||0|A'],
    ],
    [
      'a person by LID',
      { from: '55@lid', sender_pn: '5@s.whatsapp.net' },
      ['55@lid||0|A', '5@s.whatsapp.net||0|A'],
    ],
    ['a person with one name', { from: '5@s.whatsapp.net' }, ['5@s.whatsapp.net||0|A']],
    [
      'a group',
      { from: '7@g.us', participant: '55:1@lid', participant_pn: '5:1@s.whatsapp.net' },
      ['7@g.us|55@lid|0|A', '7@g.us|5@s.whatsapp.net|0|A'],
    ],
  ]
  it.each(asked)('from %s is looked up together with the message that it may be', async (_, attrs, keys) => {
    const { once, arrive, inboxRow } = setUp()
    const content = Buffer.from('sealed')
    arrive({ ...attrs, id: 'A' }, [{ tag: 'enc', attrs: { type: 'msg' }, content }])
    const repository = once.makeSignalRepository!(
      { creds: {} as never, keys: {} as never },
      silent,
      async () => undefined,
    )
    await repository
      .decryptMessage({ jid: '5@s.whatsapp.net', type: 'msg', ciphertext: content })
      .catch(() => {})
    expect(inboxRow.mock.lastCall?.[1]).toEqual(keys)
  })

  it.each([
    ['of an unknown kind of address', { from: '5@strange.example', id: 'A' }],
    ['of a group without an author', { from: '5@g.us', id: 'A' }],
    ['without an id', { from: '5@newsletter' }],
    ['without a sender', { id: 'A' }],
    ['that claims to come from us', { from: '5@s.whatsapp.net', recipient: '6@s.whatsapp.net', id: 'A' }],
  ])('%s does not stop the socket from writing', async (_, attrs) => {
    const { kept, arrive, once } = setUp()
    arrive(attrs as BinaryNode['attrs'], [plaintext('x')])
    arrive(attrs as BinaryNode['attrs'], [unavailable()])
    expect([kept, await once.takeAllRows()]).toEqual([[], []])
  })
})
