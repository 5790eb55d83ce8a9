import { proto } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import type { SendContent } from '../../../src/messages/send.ts'
import type { Store, Write } from '../../../src/ports/store.ts'
import { OutgoingPayloads } from '../../../src/whatsapp/sending/outgoing-payloads.ts'

const to = '34600000002@s.whatsapp.net'
const text: SendContent = { type: 'text', to, body: 'hi', reply_to: null }
const poll: SendContent = {
  type: 'poll',
  to,
  body: 'Tea?',
  options: ['yes', 'no'],
  select: 1,
  reply_to: null,
}

/** The payloads of one life of the process; the store is what outlives it. */
function lives(secrets: Record<string, Uint8Array>) {
  const committed: Write[] = []
  const store = {
    commit: async (write: Write) => void committed.push(write),
    messages: {
      encoded: () => null,
      secretOf: (_: string, id: string) => secrets[id] ?? null,
      find: () => null,
    },
  } as unknown as Pick<Store, 'commit' | 'messages'>
  const deps = {
    store,
    openFile: async () => null,
    upload: async () => ({}) as never,
    me: () => to,
    now: () => 1,
    timers: { forSend: async () => null },
    members: async () => undefined,
    namesOf: async (jid: string) => [jid],
  }
  return { committed, next: () => new OutgoingPayloads(deps, { streamId: 's', epoch: 1 }) }
}

describe('what goes out', () => {
  const secret = Buffer.alloc(32, 7)
  it('carries the secret that is kept with the message, each time and in each life', async () => {
    const { next, committed } = lives({ TEXT: secret, POLL: secret })
    const first = await next().make('TEXT', text)
    const again = await next().make('TEXT', text)
    const asked = await next().payloadOf('TEXT')
    expect(first.messageContextInfo?.messageSecret).toEqual(secret)
    expect(again).toEqual(first)
    expect(asked).toBeUndefined()
    const made = await next().make('POLL', poll)
    expect(made.messageContextInfo?.messageSecret).toEqual(secret)
    const [encoded] = committed.flatMap(({ messages }) => messages ?? [])
    const { proto: bytes } = (encoded as { encoded: { proto: Uint8Array } }).encoded
    expect(Buffer.from(proto.Message.decode(bytes).messageContextInfo!.messageSecret!)).toEqual(secret)
  })

  it('has a secret of its own when it was queued before there were secrets', async () => {
    const made = await lives({}).next().make('OLD', text)
    expect(made.messageContextInfo?.messageSecret).toHaveLength(32)
  })
})
