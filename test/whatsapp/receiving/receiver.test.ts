import { encodeWAMessage, proto, type WAMessage } from '@whiskeysockets/baileys'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../../src/base/errors.ts'
import type { InboxRow } from '../../../src/ports/key-store.ts'
import type { Store } from '../../../src/ports/store.ts'
import type { ReceivedMessage } from '../../../src/ports/whatsapp.ts'
import type { AuthState } from '../../../src/whatsapp/keys/auth-state.ts'
import type { DecryptOnce } from '../../../src/whatsapp/keys/decrypt-once.ts'
import { Receiver } from '../../../src/whatsapp/receiving/receiver.ts'
import { systemClock } from '../world.ts'

const ANA = '34611000001@s.whatsapp.net'
const STUB = proto.WebMessageInfo.StubType.CIPHERTEXT

/** A receiver whose rows, by message id, and whose known messages a test gives; Baileys' buffer is what it is not about. */
function setUp(
  pending: Record<string, InboxRow[]>,
  known: string[] = [],
  isKnown = (key: string) => known.includes(key),
  unfinished: InboxRow[] = [],
) {
  const received: ReceivedMessage[] = []
  const done: string[] = []
  const store = {
    keys: { get: async () => ({}), unfinished: async () => unfinished },
    messages: { hasDedupeKey: async (_: string, key: string) => isKnown(key) },
    people: { find: async () => null },
  } as unknown as Store
  const config = { inboundFromMe: false, inboundIgnore: [] }
  const deps = { store, config, clock: systemClock, logger: pino({ level: 'silent' }) }
  const owner = {
    sessionId: 's',
    streamId: 'stream',
    epoch: 1,
    phoneNumber: null,
    report() {},
    happened: async () => {},
    updated: async () => {},
    received: async (messages: ReceivedMessage[]) => void received.push(...messages),
  }
  const auth = {
    creds: { me: { id: '34600000001@s.whatsapp.net' } },
    finishInbox: async (hashes: string[]) => void done.push(...hashes),
  } as unknown as AuthState
  const decryptOnce = {
    takeRows: async ({ id }: { id: string }) => {
      const rows = pending[id] ?? []
      delete pending[id]
      return { rows, again: false }
    },
  } as unknown as DecryptOnce
  return {
    receiver: new Receiver({
      deps,
      owner,
      auth,
      decryptOnce,
      groups: { subjectOf: () => null },
      timers: { of: async () => null, learn: async () => {} },
      people: { settled: async () => {} },
    }),
    ...{ received, done, store },
  }
}

const row = (hash: string, id: string, message: proto.IMessage, more: object = {}): InboxRow => ({
  hash,
  plaintext: encodeWAMessage(message),
  stanza: JSON.stringify({ attrs: { from: ANA, id, t: '1700000000', ...more }, children: [] }),
  at: 1,
})
const upsert = (id: string, more: Partial<WAMessage>) => ({
  messages: [{ key: { remoteJid: ANA, id, fromMe: false }, ...more } as WAMessage],
  type: 'notify' as const,
})
const heard = (received: ReceivedMessage[]) =>
  received.map(({ message, inboxHash, imported }) => [message.body, inboxHash, imported])

/** A message that cannot be read. */
const hostile = () =>
  Object.defineProperty({}, 'conversation', {
    enumerable: true,
    get() {
      throw new RangeError('hostile')
    },
  })

it('a message that cannot be read stops no other, and its row waits', async () => {
  const { receiver, received, done } = setUp({ A: [row('h1', 'A', { conversation: 'said' })] })
  const [unreadable] = upsert('A', { message: hostile() }).messages
  const [readable] = upsert('B', { message: { conversation: 'after it' } }).messages
  receiver.handleUpsert({ messages: [unreadable!, readable!], type: 'notify' })
  await receiver.settled()
  expect(heard(received)).toEqual([['after it', null, undefined]])
  expect(done).toEqual([])
})

const away = () => new GatewayError('STORE_FAILED', 'The server does not answer', { says: 'server_away' })

it('a message that a server could not be asked about is overtaken by none: all wait for the next socket', async () => {
  const rows = {
    A: [row('h1', 'A', { conversation: 'said' })],
    B: [row('h2', 'B', { conversation: 'after it' })],
  }
  const { receiver, received, done, store } = setUp(rows)
  let failures = 1
  store.people.find = async () => {
    if (failures-- > 0) throw away()
    return null
  }
  const handled = ['A', 'B'].map(id => receiver.handleUpsert(upsert(id, { message: { conversation: id } })))
  for (const one of handled) await expect(one).rejects.toMatchObject({ code: 'STORE_FAILED' })
  await receiver.settled()
  expect([received, done]).toEqual([[], []])
})

it('a row that was read while a server did not answer waits, and so do those behind it', async () => {
  let failures = 1
  const { receiver, received, done } = setUp(
    { A: [row('h1', 'A', { conversation: 'said' })], B: [row('h2', 'B', { conversation: 'after it' })] },
    [],
    () => {
      if (failures-- > 0) throw away()
      return false
    },
  )
  const stubs = ['A', 'B'].flatMap(id => upsert(id, { messageStubType: STUB }).messages)
  const handled = receiver.handleUpsert({ messages: stubs, type: 'notify' })
  await expect(handled).rejects.toMatchObject({ code: 'STORE_FAILED' })
  await receiver.settled()
  expect([received, done]).toEqual([[], []])
})

it('a row that was read while the store could not be waits, and stops no other', async () => {
  let failures = 1
  const { receiver, received, done } = setUp(
    { A: [row('h1', 'A', { conversation: 'said' })], B: [row('h2', 'B', { conversation: 'after it' })] },
    [],
    () => {
      if (failures-- > 0) throw new GatewayError('STORE_FAILED', 'The disk does not answer')
      return false
    },
  )
  const stubs = ['A', 'B'].flatMap(id => upsert(id, { messageStubType: STUB }).messages)
  receiver.handleUpsert({ messages: stubs, type: 'notify' })
  await receiver.settled()
  expect(heard(received)).toEqual([['after it', 'h2', undefined]])
  expect(done).toEqual([])
})

it('what an earlier socket could not hand over goes with the next, and what it did is done', async () => {
  const left = [row('h1', 'A', { conversation: 'left' }), row('h2', 'B', { conversation: 'known' })]
  const { receiver, received, done } = setUp({}, [], key => key.endsWith('|B'), left)
  receiver.handOverOldRows()
  await receiver.settled()
  expect(heard(received)).toEqual([['left', 'h1', undefined]])
  expect(done).toEqual(['h2'])
})

it('a row that nobody can read is given up', async () => {
  const broken = { ...row('h1', 'A', { conversation: 'said' }), stanza: '{' }
  const { receiver, received, done } = setUp({ A: [broken] })
  receiver.handleUpsert(upsert('A', { messageStubType: STUB }))
  await receiver.settled()
  expect([received, done]).toEqual([[], ['h1']])
})

it('a message of a history that cannot be read is left out, and no other', async () => {
  const { receiver, received } = setUp({})
  const messages = ['C', 'B', 'A'].map((id, i) => ({
    ...upsert(id, { message: id === 'B' ? hostile() : { conversation: id } }).messages[0]!,
    messageTimestamp: 1_700_000_003 - i,
  }))
  receiver.handleHistory({ messages, chats: [], contacts: [], isLatest: true })
  await receiver.settled()
  expect(heard(received)).toEqual([
    ['A', null, true],
    ['C', null, true],
  ])
})

describe('the receiver, when Baileys merged events in its buffer', () => {
  it('hands over a text from its inbox row when a stub took its place', async () => {
    const { receiver, received, done } = setUp({ A: [row('h1', 'A', { conversation: 'said' })] })
    receiver.handleUpsert(upsert('A', { messageStubType: STUB }))
    await receiver.settled()
    expect(heard(received)).toEqual([['said', 'h1', undefined]])
    expect(done).toEqual([])
  })

  it('hands over nothing and finishes the row when a stub stands for the keys of a group', async () => {
    const keys = row('h1', 'A', { senderKeyDistributionMessage: { groupId: '1@g.us' } })
    const { receiver, received, done } = setUp({ A: [keys] })
    receiver.handleUpsert(upsert('A', { messageStubType: STUB }))
    await receiver.settled()
    expect([received, done]).toEqual([[], ['h1']])
  })

  it('hands over a message that was deleted before it was handed over', async () => {
    const { receiver, received } = setUp({ A: [row('h1', 'A', { conversation: 'oops' })] })
    receiver.handleUpsert(
      upsert('A', { message: null, messageStubType: proto.WebMessageInfo.StubType.REVOKE }),
    )
    await receiver.settled()
    expect(heard(received)).toEqual([['oops', 'h1', undefined]])
  })

  it('hands over a message that arrived and became history, and imports only what did not arrive', async () => {
    const arrived = row('h1', 'A', { conversation: 'arrived' }, { offline: '1' })
    const { receiver, received, done } = setUp({ A: [arrived] })
    const info = (id: string, conversation: string): WAMessage =>
      ({ ...upsert(id, { message: { conversation } }).messages[0] }) as WAMessage
    receiver.handleHistory({
      messages: [info('A', 'arrived'), info('B', 'old')],
      chats: [],
      contacts: [],
      isLatest: true,
    })
    await receiver.settled()
    expect(heard(received).sort()).toEqual([
      ['arrived', 'h1', undefined],
      ['old', null, true],
    ])
    expect(received.find(({ inboxHash }) => inboxHash)!.message.offline).toBe(true)
    expect(done).toEqual([])
  })
})

describe('the inbox row of an answer of our own phone', () => {
  const { PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE: ANSWER } = proto.Message.ProtocolMessage.Type
  const key = { remoteJid: ANA, id: 'A', fromMe: false }
  const inside = { key, message: { conversation: 'resent' }, messageTimestamp: 1_700_000_000 }
  const protocolMessage = {
    type: ANSWER,
    peerDataOperationRequestResponseMessage: {
      peerDataOperationResult: [
        {
          placeholderMessageResendResponse: {
            webMessageInfoBytes: proto.WebMessageInfo.encode(inside).finish(),
          },
        },
      ],
    },
  }
  const answer = row('h1', 'P', { protocolMessage }, { from: '34600000001@s.whatsapp.net', category: 'peer' })
  const peer = { ...upsert('P', { message: { protocolMessage } }).messages[0]! }
  peer.key = { remoteJid: '34600000001@s.whatsapp.net', id: 'P', fromMe: true }

  it('is done with the message inside it, which is handed over without waiting for Baileys', async () => {
    const { receiver, received, done } = setUp({ P: [answer] })
    receiver.handleUpsert({ messages: [peer], type: 'notify' })
    await receiver.settled()
    expect(heard(received)).toEqual([['resent', 'h1', undefined]])
    expect(done).toEqual([])
  })

  it('gives the message as Baileys knows it when that comes with it', async () => {
    const { receiver, received } = setUp({ P: [answer] })
    const { messages } = upsert('A', { message: { conversation: 'resent' }, pushName: 'Ana' })
    receiver.handleUpsert({ messages: [peer, ...messages], type: 'notify' })
    await receiver.settled()
    expect(received[0]).toMatchObject({ inboxHash: 'h1', message: { push_name: 'Ana' } })
    expect(new Set(received.map(({ dedupeKey }) => dedupeKey)).size).toBe(1)
  })

  it('is done, and nothing is handed over, when its message is known', async () => {
    const { receiver, received, done } = setUp({ P: [answer] }, [`${ANA}||0|A`])
    receiver.handleUpsert({ messages: [peer], type: 'notify' })
    await receiver.settled()
    expect([received, done]).toEqual([[], ['h1']])
  })
})

describe('the inbox row of a placeholder', () => {
  const placeholder = (id: string, kind: object = {}, t = Math.floor(Date.now() / 1000)): InboxRow => ({
    hash: `placeholder ${id}`,
    plaintext: new Uint8Array(0),
    stanza: JSON.stringify({
      attrs: { from: ANA, id, t: String(t) },
      children: [{ tag: 'unavailable', attrs: kind }],
      plain: true,
    }),
    at: 1,
  })
  const stub = (id: string) => upsert(id, { messageStubType: STUB })

  it('waits for its message, is handed over as none, and is done with it', async () => {
    const { receiver, received, done } = setUp({ A: [placeholder('A')], B: [placeholder('B')] })
    receiver.handleUpsert(stub('A'))
    receiver.handleUpsert(stub('B'))
    await receiver.settled()
    expect([received, done]).toEqual([[], []])
    expect((await receiver.missing()).map(({ key }) => key.id)).toEqual(['A', 'B'])
    receiver.handleUpsert(upsert('A', { message: { conversation: 'at last' } }))
    await receiver.settled()
    expect(heard(received)).toEqual([['at last', null, undefined]])
    expect(done).toEqual(['placeholder A'])
    expect((await receiver.missing()).map(({ key }) => key.id)).toEqual(['B'])
  })

  it.each([
    ['of a message that is known', placeholder('A'), [`${ANA}||0|A`]],
    ['that is too old for the phone to be asked', placeholder('A', {}, 1_700_000_000), []],
  ])('%s is done at once', async (_, row, known) => {
    const { receiver, received, done } = setUp({ A: [row] }, known)
    receiver.handleUpsert(stub('A'))
    await receiver.settled()
    expect([received, done, await receiver.missing()]).toEqual([[], ['placeholder A'], []])
  })
})
