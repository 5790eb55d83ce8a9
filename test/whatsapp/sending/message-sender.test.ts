import { describe, expect, it } from 'vitest'
import type { SendContent } from '../../../src/messages/send.ts'
import type { SendUpdate } from '../../../src/ports/whatsapp.ts'
import { InFlight } from '../../../src/whatsapp/pending-requests.ts'
import { readAck, receiptStatus } from '../../../src/whatsapp/message-status.ts'
import { type Relay, Sends } from '../../../src/whatsapp/sending/message-sender.ts'
import { createTestClock } from '../../base/clock.ts'

const hello: SendContent = { type: 'text', to: '998@lid', body: 'hello', reply_to: null }
const ack = (id: string, attrs: Record<string, string> = {}) => ({ tag: 'ack', attrs: { id, ...attrs } })

/** Sends over a relay that the test answers. */
function setUp() {
  const clock = createTestClock()
  const calls: { id: string | undefined; resolve: () => void; reject: (error: Error) => void }[] = []
  const asserted: string[][] = []
  const relay = {
    relayMessage: (_jid: string, _message: unknown, options: { messageId?: string }) =>
      new Promise<string>((resolve, reject) => {
        const id = options.messageId
        calls.push({ id, resolve: () => resolve(id ?? ''), reject })
      }),
    assertSessions: async (jids: string[]) => asserted.push(jids) > 0,
  } as unknown as Relay
  const forgotten: string[] = []
  const failed: SendUpdate[] = []
  const memory = { holders: () => null, confirm: async () => {}, forget: async () => {} }
  const devices = { del: (user: string) => forgotten.push(user) }
  const inFlight = new InFlight(clock)
  const numbers = { lookup: async () => ({ exists: true, jid: null, lid: null }) }
  const protos = { make: async () => ({ conversation: 'hello' }), referred: () => null }
  const onFailedRetry = (update: SendUpdate) => void failed.push(update)
  const sends = new Sends({ relay, devices, memory, protos, numbers, inFlight, clock, onFailedRetry })
  const called = async (count: number) => {
    while (calls.length < count) await new Promise(resolve => setImmediate(resolve))
    return calls[count - 1]!
  }
  const end = () => {
    inFlight.end()
    sends.end()
  }
  return { clock, sends, end, calls, called, asserted, forgotten, failed }
}

describe('a send', () => {
  it('resolves when Baileys has written it, and leaves no timer', async () => {
    const { clock, sends, called } = setUp()
    const sent = sends.send('A', hello)
    const call = await called(1)
    expect(call.id).toBe('A')
    expect(clock.pending()).toBe(1)
    call.resolve()
    await sent
    expect(clock.pending()).toBe(0)
  })

  it('gives up after 20 s, to be tried again', async () => {
    const { clock, sends, called } = setUp()
    let outcome: unknown = 'open'
    sends.send('A', hello).catch((error: unknown) => {
      outcome = error
    })
    await called(1)
    await clock.advance(19_999)
    expect(outcome).toBe('open')
    await clock.advance(1)
    expect(outcome).toMatchObject({ code: 'SESSION_NOT_CONNECTED', retryable: true })
  })

  it('is rejected at once when the socket ends, and so is every later one', async () => {
    const { clock, sends, end, called, calls } = setUp()
    const sent = sends.send('A', hello)
    await called(1)
    end()
    await expect(sent).rejects.toMatchObject({ code: 'SESSION_NOT_CONNECTED', retryable: true })
    await expect(sends.send('B', hello)).rejects.toMatchObject({ retryable: true })
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
  ])('that Baileys refuses with %s is %s', async (error, code, retryable) => {
    const { sends, called } = setUp()
    const sent = sends.send('A', hello)
    const call = await called(1)
    call.reject(error as Error)
    await expect(sent).rejects.toMatchObject({ code, retryable })
  })
})

describe('an ack', () => {
  it('is told, with the time of WhatsApp', () => {
    expect(readAck(ack('A', { t: '1700000000' }), 5)).toEqual({
      messageId: 'A',
      status: 'sent',
      at: 1_700_000_000_000,
    })
    expect(readAck(ack('A'), 5)).toMatchObject({ at: 5 })
    expect(readAck(ack(''), 5)).toBeNull()
  })

  it.each(['463', '429', '404', '999'])('with error %s fails the message with a sentence', code => {
    const { sends } = setUp()
    expect(sends.acked(ack('A', { error: code }))).toMatchObject({
      messageId: 'A',
      status: 'failed',
      code,
      error: expect.stringMatching(/^WhatsApp .+\.$/),
    })
  })

  it('of a stale session sends once more under the same id, with fresh keys', async () => {
    const { sends, called, asserted, forgotten } = setUp()
    const sent = sends.send('A', hello)
    ;(await called(1)).resolve()
    await sent
    expect(sends.acked(ack('A', { error: '479' }))).toBeNull()
    expect((await called(2)).id).toBe('A')
    expect(asserted).toEqual([['998@lid']])
    expect(forgotten).toEqual(['998'])
    expect(sends.acked(ack('A', { error: '479' }))).toMatchObject({ status: 'failed', code: '479' })
  })

  it('of a stale session fails the message when the second transmission fails', async () => {
    const { sends, called, failed } = setUp()
    const sent = sends.send('A', hello)
    ;(await called(1)).resolve()
    await sent
    sends.acked(ack('A', { error: '479' }))
    ;(await called(2)).reject(new Error('gone'))
    while (failed.length === 0) await new Promise(resolve => setImmediate(resolve))
    expect(failed).toMatchObject([{ messageId: 'A', status: 'failed', code: '479' }])
  })

  it('of another message with a stale session is told as it is', () => {
    const { sends } = setUp()
    expect(sends.acked(ack('Z', { error: '479' }))).toMatchObject({ status: 'failed' })
  })
})

it('receipts are delivered, read and played; errors and server acks are told by acks', () => {
  expect([0, 1, 2, 3, 4, 5, null, undefined].map(receiptStatus)).toEqual([
    null,
    null,
    null,
    'delivered',
    'read',
    'played',
    null,
    null,
  ])
})
