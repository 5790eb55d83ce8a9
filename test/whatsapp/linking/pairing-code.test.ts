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
function setUp(server: (ws: EventEmitter) => void = accept) {
  const clock = createTestClock()
  const ws = new EventEmitter()
  const [asked, kept, reported]: [string[], LinkSecret[], SocketFact[]] = [[], [], []]
  let refusals = 0
  let fails: Error | null = null
  const requestPairingCode = async (phone: string) => {
    asked.push(phone)
    if (fails) throw fails
    queueMicrotask(() => server(ws))
    return `CODE000${asked.length}`
  }
  const pairing = new PairingCode({
    socket: { ws, requestPairingCode } as unknown as PairingCodeDeps['socket'],
    phoneNumber: '34600000001',
    clock,
    lifetimeMs: 160_000,
    keep: code => void kept.push(code),
    report: fact => void reported.push(fact),
    codeRefused: () => void refusals++,
  })
  return {
    pairing,
    clock,
    ws,
    asked,
    kept,
    reported,
    refusals: () => refusals,
    fail: (error: Error) => {
      fails = error
    },
    refresh: async () => {
      const content = [{ tag: 'link_code_companion_reg', attrs: { stage: 'refresh_code' } }]
      ws.emit('CB:notification,type:link_code_companion_reg', { content })
      await settle()
    },
  }
}
function accept(ws: EventEmitter) {
  ws.emit('CB:iq,,link_code_companion_reg', {})
}

describe('a pairing code', () => {
  it('is requested once, after the first QR, and the QRs are not offered', async () => {
    const { pairing, asked, kept, reported, clock } = setUp()
    expect(asked).toEqual([])
    for (const hash of ['a', 'b', 'c']) {
      pairing.qrOffered(qr(hash))
      await settle()
    }
    expect(asked).toEqual(['34600000001'])
    expect(kept).toEqual([
      { hash: expect.stringMatching(/^[0-9a-f]{64}$/), text: 'CODE0001', expiresAt: clock.now() + 160_000 },
    ])
    const { hash, expiresAt } = kept[0]!
    expect(reported).toEqual([{ type: 'socket.qr', hash, expiresAt }])
  })

  it('is offered only once WhatsApp accepted the request', async () => {
    const { pairing, ws, reported } = setUp(() => {})
    pairing.qrOffered(qr('a'))
    await settle()
    expect(reported).toEqual([])
    accept(ws)
    await settle()
    expect(reported).toHaveLength(1)
  })

  it.each<[string, (ws: EventEmitter) => void, number]>([
    ['refuses it', ws => ws.emit('CB:iq,type:error', {}), 0],
    ['does not answer', () => {}, 10_000],
  ])('is replaced by the QRs when WhatsApp %s', async (_, server, ms) => {
    const { pairing, clock, kept, reported, refusals } = setUp(server)
    pairing.qrOffered(qr('a'))
    pairing.qrOffered(qr('b'))
    await settle()
    await clock.advance(ms)
    await settle()
    pairing.qrOffered(qr('c'))
    expect(kept).toEqual([])
    expect(reported).toEqual([qr('b'), qr('c')])
    expect(refusals()).toBe(1)
  })

  it('is replaced by the QRs when it cannot be requested', async () => {
    const { pairing, fail, reported } = setUp()
    fail(new Error('Connection Closed'))
    pairing.qrOffered(qr('a'))
    await settle()
    expect(reported).toEqual([qr('a')])
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
    expect(asked).toHaveLength(5)
    expect(new Set(kept.map(({ hash }) => hash)).size).toBe(5)
    expect(kept.every(({ expiresAt }) => expiresAt === until)).toBe(true)
    expect(reported.at(-1)).toEqual(qr('a'))
  })

  it('is not requested twice at once, nor again before there is one', async () => {
    const { pairing, ws, asked, refresh } = setUp(() => {})
    await refresh()
    expect(asked).toEqual([])
    pairing.qrOffered(qr('a'))
    await refresh()
    await refresh()
    expect(asked).toHaveLength(1)
    accept(ws)
    await settle()
  })

  it('is not kept when the socket has ended', async () => {
    const { pairing, ws, kept, reported, asked, refresh } = setUp(() => {})
    pairing.qrOffered(qr('a'))
    await settle()
    pairing.end()
    accept(ws)
    await settle()
    pairing.qrOffered(qr('b'))
    await refresh()
    expect([kept, reported]).toEqual([[], []])
    expect(asked).toHaveLength(1)
  })

  it('leaves no listener on the socket', async () => {
    const { pairing, ws } = setUp()
    pairing.qrOffered(qr('a'))
    await settle()
    expect(ws.listenerCount('CB:iq,type:error') + ws.listenerCount('CB:iq,,link_code_companion_reg')).toBe(0)
  })
})
