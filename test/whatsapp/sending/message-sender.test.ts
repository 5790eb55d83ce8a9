import type { MessageRelayOptions } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import type { Presence, SendContent } from '../../../src/messages/send.ts'
import type { SendUpdate } from '../../../src/ports/whatsapp.ts'
import type { Identities } from '../../../src/whatsapp/identities/identities.ts'
import { PendingRequests } from '../../../src/whatsapp/pending-requests.ts'
import { MessageSender, type SendSocket } from '../../../src/whatsapp/sending/message-sender.ts'
import { createTestClock } from '../../base/clock.ts'

const hello: SendContent = { type: 'text', to: '998@lid', body: 'hello', reply_to: null }
const ack = (id: string, attrs: Record<string, string> = {}) => ({ tag: 'ack', attrs: { id, ...attrs } })

/** Sends over a relay that the test answers. */
function setUp() {
  const clock = createTestClock()
  const calls: {
    id: string | undefined
    attributes: object | undefined
    resolve: () => void
    reject: (error: Error) => void
  }[] = []
  const asserted: string[][] = []
  const socket = {
    relayMessage: (_jid: string, _message: unknown, options: MessageRelayOptions) =>
      new Promise<string>((resolve, reject) => {
        const { messageId: id, additionalAttributes: attributes } = options
        calls.push({ id, attributes, resolve: () => resolve(id ?? ''), reject })
      }),
    assertSessions: async (jids: string[]) => asserted.push(jids) > 0,
    authState: { creds: { me: { id: '1:1@s.whatsapp.net' } } },
  } as unknown as SendSocket
  const forgotten: string[] = []
  const failed: SendUpdate[] = []
  const memory = { holders: () => null, confirm: async () => {}, forget: async () => {} }
  const devices = { get: () => undefined, del: (user: string) => forgotten.push(user) }
  const pending = new PendingRequests(clock)
  const address = { to: hello.to, number: null as string | null }
  const byNumber: boolean[] = []
  const addresses = {
    forSend: async (_chat: string, options: { byNumber?: boolean } = {}) => {
      byNumber.push(options.byNumber === true)
      return { ...address }
    },
  } as unknown as Identities['addresses']
  const shown: [Presence, string][] = []
  const presence = { show: async (kind: Presence, to: string) => void shown.push([kind, to]) }
  let refused = 0
  const chatsByLid = { refused: () => refused++ } as unknown as Identities['chatsByLid']
  const payloads = { make: async () => ({ conversation: 'hello' }), referencedBy: async () => null }
  const onFailedRetry = (update: SendUpdate) => void failed.push(update)
  const left = { wait: () => Promise.resolve() }
  const sender = new MessageSender({
    socket,
    devices,
    memory,
    payloads,
    identities: { addresses, chatsByLid },
    firstContact: { nodesFor: async () => [] },
    presence,
    isAdminOf: async () => false,
    pending,
    left: () => left.wait(),
    clock,
    onFailedRetry,
  })
  const called = async (count: number) => {
    while (calls.length < count) await new Promise(resolve => setImmediate(resolve))
    return calls[count - 1]!
  }
  const end = () => {
    pending.end()
    sender.end()
  }
  return {
    clock,
    sender,
    left,
    end,
    calls,
    called,
    asserted,
    forgotten,
    failed,
    address,
    byNumber,
    shown,
    refusals: () => refused,
  }
}

describe('a send', () => {
  it('resolves when Baileys has written it, and leaves no timer', async () => {
    const { clock, sender, called } = setUp()
    const sent = sender.send('A', hello)
    const call = await called(1)
    expect(call.id).toBe('A')
    expect(clock.pending()).toBe(1)
    call.resolve()
    await sent
    expect(clock.pending()).toBe(0)
  })

  it('resolves once it has left, behind its keys, and is rejected if it never will', async () => {
    const { sender, called, left } = setUp()
    const gate = Promise.withResolvers<void>()
    left.wait = () => gate.promise
    const sent = sender.send('A', hello)
    ;(await called(1)).resolve()
    expect(await Promise.race([sent, new Promise(resolve => setImmediate(resolve, 'waits'))])).toBe('waits')
    gate.resolve()
    await sent
    left.wait = () => Promise.reject(new Error('the keys were not stored'))
    const other = sender.send('B', hello)
    ;(await called(2)).resolve()
    await expect(other).rejects.toMatchObject({ code: 'SESSION_NOT_CONNECTED', retryable: true })
  })

  it('is rejected after 20 s, to be tried again', async () => {
    const { clock, sender, called } = setUp()
    let outcome: unknown = 'open'
    sender.send('A', hello).catch((error: unknown) => {
      outcome = error
    })
    await called(1)
    await clock.advance(19_999)
    expect(outcome).toBe('open')
    await clock.advance(1)
    expect(outcome).toMatchObject({ code: 'SESSION_NOT_CONNECTED', retryable: true })
  })

  it('is rejected at once when the socket ends, and so is every later send', async () => {
    const { clock, sender, end, called, calls } = setUp()
    const sent = sender.send('A', hello)
    await called(1)
    end()
    await expect(sent).rejects.toMatchObject({ code: 'SESSION_NOT_CONNECTED', retryable: true })
    await expect(sender.send('B', hello)).rejects.toMatchObject({ retryable: true })
    expect(calls).toHaveLength(1)
    calls[0]!.reject(new Error('later'))
    await clock.advance(60_000)
    expect(clock.pending()).toBe(0)
  })

  it.each([
    [Object.assign(new Error('not-acceptable'), { data: 406 }), 'WHATSAPP_REJECTED', false],
    [Object.assign(new Error('rate'), { data: 429 }), 'SESSION_NOT_CONNECTED', true],
    [Object.assign(new Error('server'), { data: 503 }), 'SESSION_NOT_CONNECTED', true],
    [new Error('Connection Closed'), 'SESSION_NOT_CONNECTED', true],
    ['no error at all', 'SESSION_NOT_CONNECTED', true],
  ])('that Baileys rejects with %s is rejected with %s', async (error, code, retryable) => {
    const { sender, called } = setUp()
    const sent = sender.send('A', hello)
    const call = await called(1)
    call.reject(error as Error)
    await expect(sent).rejects.toMatchObject({ code, retryable })
  })
})

it('a chat sees it typed first, under the address it goes to', async () => {
  const { clock, sender, called, shown, calls } = setUp()
  const sent = sender.send('A', { ...hello, typing: true })
  while (shown.length === 0) await new Promise(resolve => setImmediate(resolve))
  expect([shown, calls.length]).toEqual([[['composing', '998@lid']], 0])
  await clock.advance(5_000)
  ;(await called(1)).resolve()
  await sent
  expect(shown).toEqual([
    ['composing', '998@lid'],
    ['paused', '998@lid'],
  ])
})

describe('an ack of WhatsApp’s server', () => {
  it.each(['463', '429', '404', '999'])('with error %s makes the message failed, with a sentence', code => {
    const { sender } = setUp()
    expect(sender.acked(ack('A', { error: code }))).toMatchObject({
      messageId: 'A',
      status: 'failed',
      code,
      error: expect.stringMatching(/^WhatsApp .+\.$/),
    })
  })

  it('that says stale session makes the sender send once more, under the same id with fresh keys', async () => {
    const { sender, called, asserted, forgotten } = setUp()
    const sent = sender.send('A', hello)
    ;(await called(1)).resolve()
    await sent
    expect(sender.acked(ack('A', { error: '479' }))).toBeNull()
    expect((await called(2)).id).toBe('A')
    expect(asserted).toEqual([['998@lid']])
    expect(forgotten).toEqual(['998'])
    expect(sender.acked(ack('A', { error: '479' }))).toMatchObject({ status: 'failed', code: '479' })
  })

  it('that says stale session makes the message failed when the second transmission fails', async () => {
    const { sender, called, failed } = setUp()
    const sent = sender.send('A', hello)
    ;(await called(1)).resolve()
    await sent
    sender.acked(ack('A', { error: '479' }))
    ;(await called(2)).reject(new Error('gone'))
    while (failed.length === 0) await new Promise(resolve => setImmediate(resolve))
    expect(failed).toMatchObject([{ messageId: 'A', status: 'failed', code: '479' }])
  })

  it('that says stale session lets nothing overtake that message in its chat, and holds up no other', async () => {
    const { sender, called, calls } = setUp()
    const sent = sender.send('A', hello)
    ;(await called(1)).resolve()
    await sent
    sender.acked(ack('A', { error: '479' }))
    const next = sender.send('B', hello)
    const other = sender.send('C', { ...hello, to: '777@lid' })
    await called(3)
    for (let n = 0; n < 5; n++) await new Promise(resolve => setImmediate(resolve))
    expect(calls.map(({ id }) => id).sort()).toEqual(['A', 'A', 'C'])
    for (const { resolve } of calls) resolve()
    ;(await called(4)).resolve()
    await Promise.all([next, other])
    expect(calls[3]!.id).toBe('B')
  })

  it('that says stale session for two messages of a chat lets them leave again in their order, before all others', async () => {
    const { sender, called, calls } = setUp()
    const turns = async () => {
      for (let n = 0; n < 10; n++) await new Promise(resolve => setImmediate(resolve))
    }
    for (const [n, id] of ['A', 'B'].entries()) {
      const sent = sender.send(id, hello)
      ;(await called(n + 1)).resolve()
      await sent
    }
    for (const id of ['A', 'B']) sender.acked(ack(id, { error: '479' }))
    const next = sender.send('C', hello)
    await turns()
    expect(calls.slice(2).map(({ id }) => id)).toEqual(['A'])
    calls[2]!.resolve()
    await turns()
    expect(calls.slice(3).map(({ id }) => id)).toEqual(['B'])
    calls[3]!.resolve()
    ;(await called(5)).resolve()
    await next
    expect(calls[4]!.id).toBe('C')
  })

  it('that says stale session fails no message whose connection ends meanwhile: the next one sends it', async () => {
    const { sender, called, failed, end } = setUp()
    const sent = sender.send('A', hello)
    ;(await called(1)).resolve()
    await sent
    sender.acked(ack('A', { error: '479' }))
    await called(2)
    end()
    for (let n = 0; n < 5; n++) await new Promise(resolve => setImmediate(resolve))
    expect(failed).toEqual([])
  })

  it('that says stale session for a message of another socket makes it failed at once', () => {
    const { sender } = setUp()
    expect(sender.acked(ack('Z', { error: '479' }))).toMatchObject({ status: 'failed' })
  })
})

describe('a send to a LID', () => {
  it.each(['400', '404'])('that WhatsApp refuses with %s goes to the number beside it, once', async code => {
    const { sender, called, calls, address, byNumber, refusals, failed } = setUp()
    address.number = '34600@s.whatsapp.net'
    const sent = sender.send('A', hello)
    ;(await called(1)).resolve()
    await sent
    expect(calls[0]!.attributes).toEqual({ peer_recipient_pn: '34600@s.whatsapp.net' })
    expect(sender.acked(ack('A', { error: code }))).toBeNull()
    ;(await called(2)).resolve()
    expect(byNumber).toEqual([false, true])
    expect(refusals()).toBe(1)
    await new Promise(resolve => setImmediate(resolve))
    expect(sender.acked(ack('A', { error: code }))).toMatchObject({ status: 'failed', code })
    expect([calls.length, failed]).toEqual([2, []])
  })

  it('without a number beside it stays refused', async () => {
    const { sender, called, calls } = setUp()
    const sent = sender.send('A', hello)
    ;(await called(1)).resolve()
    await sent
    expect(calls[0]!.attributes).toBeUndefined()
    expect(sender.acked(ack('A', { error: '400' }))).toMatchObject({ status: 'failed', code: '400' })
  })
})
