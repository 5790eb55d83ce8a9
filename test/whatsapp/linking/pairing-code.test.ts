import { EventEmitter } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { LinkSecret } from '../../../src/ports/qr-vault.ts'
import type { SocketFact } from '../../../src/ports/whatsapp.ts'
import { PairingCode, type PairingCodeDeps } from '../../../src/whatsapp/linking/pairing-code.ts'
import { createTestClock } from '../../base/clock.ts'

const settle = async () => {
  for (let i = 0; i < 5; i++) await setImmediate()
}
const qr = (hash: string) => ({ type: 'socket.qr', hash, expiresAt: 1 }) as const

/** One socket that gives codes CODE0001, CODE0002 and so on; `server` answers a request. */
function setUp(server: () => Promise<void> = async () => {}) {
  const clock = createTestClock()
  const ws = new EventEmitter()
  const [kept, reported]: [LinkSecret[], SocketFact[]] = [[], []]
  let asked = 0
  const pairing = new PairingCode({
    socket: { ws } as unknown as PairingCodeDeps['socket'],
    ask: async () => {
      const code = `CODE000${++asked}`
      await server()
      return code
    },
    clock,
    lifetimeMs: 160_000,
    keep: code => void kept.push(code),
    report: fact => void reported.push(fact),
  })
  return {
    pairing,
    clock,
    kept,
    reported,
    asked: () => asked,
    refresh: async () => {
      const content = [
        { tag: 'link_code_companion_reg', attrs: { stage: 'refresh_code', force_manual_refresh: 'true' } },
      ]
      ws.emit('CB:notification,type:link_code_companion_reg', { content })
      await settle()
    },
  }
}
const never = () => Promise.withResolvers<never>().promise
/** What Baileys makes of an iq error. */
const refusal = (code: number, text: string) => Object.assign(new Error(text), { data: code })

describe('a pairing code', () => {
  it('is requested once, after the first QR, and the QRs are not offered', async () => {
    const { pairing, asked, kept, reported, clock } = setUp()
    expect(asked()).toBe(0)
    for (const hash of ['a', 'b', 'c']) {
      pairing.qrOffered(qr(hash))
      await settle()
    }
    expect(asked()).toBe(1)
    expect(kept).toEqual([
      { hash: expect.stringMatching(/^[0-9a-f]{64}$/), text: 'CODE0001', expiresAt: clock.now() + 160_000 },
    ])
    const { hash, expiresAt } = kept[0]!
    expect(reported).toEqual([{ type: 'socket.qr', hash, expiresAt }])
  })

  it('is offered only once WhatsApp accepted the request', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { pairing, reported } = setUp(() => promise)
    pairing.qrOffered(qr('a'))
    await settle()
    expect(reported).toEqual([])
    resolve()
    await settle()
    expect(reported).toHaveLength(1)
  })

  it.each<[string, () => Promise<void>, number, RegExp]>([
    ['finds nothing of it', () => Promise.reject(refusal(400, 'bad-request')), 0, /country code/],
    [
      'has none for it',
      () => Promise.reject(refusal(404, 'feature-not-available')),
      0,
      /no pairing codes to this/,
    ],
    ['was asked too often', () => Promise.reject(refusal(429, 'rate-overlimit')), 0, /wait an hour/],
    ['forbids it', () => Promise.reject(refusal(403, 'forbidden')), 0, /link no device by a pairing code/],
    ['is gone', () => Promise.reject(new Error('Connection Closed')), 0, /ask for a code again later/],
    ['does not answer', never, 10_000, /ask for a code again later/],
  ])('is replaced by the QRs when WhatsApp %s, and whoever asked is told why', async (_, server, ms, sentence) => {
    const { pairing, clock, kept, reported } = setUp(server)
    pairing.qrOffered(qr('a'))
    pairing.qrOffered({ ...qr('b'), replaces: 'a' })
    await settle()
    await clock.advance(ms)
    await settle()
    pairing.qrOffered(qr('c'))
    expect(kept).toEqual([])
    const codeRefused = expect.stringMatching(sentence)
    expect(reported).toEqual([
      { ...qr('b'), codeRefused },
      { ...qr('c'), codeRefused },
    ])
  })

  it('is requested again when it is good no more, five times at most, until the QRs of the socket end', async () => {
    const { pairing, clock, kept, asked, reported, refresh } = setUp()
    pairing.qrOffered(qr('a'))
    const until = clock.now() + 160_000
    await settle()
    for (let i = 0; i < 10; i++) {
      await clock.advance(1000)
      await refresh()
    }
    expect(asked()).toBe(5)
    expect(new Set(kept.map(({ hash }) => hash)).size).toBe(5)
    expect(kept.every(({ expiresAt }) => expiresAt === until)).toBe(true)
    expect(reported.at(-1)).toMatchObject({ ...qr('a'), codeRefused: expect.stringMatching(/scan the QR/) })
  })

  it('is not requested twice at once, nor again before there is one', async () => {
    const { pairing, asked, refresh } = setUp(never)
    await refresh()
    expect(asked()).toBe(0)
    pairing.qrOffered(qr('a'))
    await refresh()
    await refresh()
    expect(asked()).toBe(1)
  })

  it('is not kept when the socket has ended', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { pairing, kept, reported, asked, refresh } = setUp(() => promise)
    pairing.qrOffered(qr('a'))
    await settle()
    pairing.end()
    resolve()
    await settle()
    pairing.qrOffered(qr('b'))
    await refresh()
    expect([kept, reported]).toEqual([[], []])
    expect(asked()).toBe(1)
  })
})
