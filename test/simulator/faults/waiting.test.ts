import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Device } from '../../../simulator/accounts/account.ts'
import { WaitingFaults } from '../../../simulator/faults/waiting.ts'
import { createSeededRandom } from '../../../simulator/seeded-random.ts'

const deviceOf = (pn: string) =>
  ({ jid: `${pn}:1@s.whatsapp.net`, lidJid: `9${pn}:1@lid`, account: { pn } }) as Device
const [shop, other] = [deviceOf('34600000001'), deviceOf('34600000003')]

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const waiting = (seed = '1') => new WaitingFaults(createSeededRandom(seed))

describe('a fault that waits', () => {
  it('strikes once unless told otherwise, and only whom it means', () => {
    const faults = waiting()
    faults.add({ kind: 'drop-ack', account: '34600000001' })
    expect(faults.take('drop-ack', other)).toBeUndefined()
    expect(faults.take('late-ack', shop)).toBeUndefined()
    expect(faults.take('drop-ack', shop)).toMatchObject({ kind: 'drop-ack' })
    expect(faults.take('drop-ack', shop)).toBeUndefined()
    expect(faults.list()).toEqual([])
  })

  it('strikes so often, the oldest first', () => {
    const faults = waiting()
    faults.add({ kind: 'error-ack', code: '463', times: 2 })
    faults.add({ kind: 'error-ack', code: '479', device: shop.jid })
    const codes = [shop, shop, shop, shop].map(device => faults.take('error-ack', device)?.code)
    expect(codes).toEqual(['463', '463', '479', undefined])
  })

  it('strikes for a minute, or for an hour, and not a moment longer', () => {
    for (const ms of [60_000, 3_600_000]) {
      const faults = waiting()
      faults.add({ kind: 'failure', status: 500, for: ms })
      for (let i = 0; i < 50; i++) expect(faults.take('failure', shop)).toBeDefined()
      vi.advanceTimersByTime(ms - 1)
      expect(faults.list()).toHaveLength(1)
      expect(faults.take('failure', other)).toBeDefined()
      vi.advanceTimersByTime(1)
      expect(faults.take('failure', shop)).toBeUndefined()
      expect(faults.list()).toEqual([])
    }
  })

  it('is over when both its time and its number may be', () => {
    const faults = waiting()
    faults.add({ kind: 'failure', times: 1, for: 1000 })
    expect(faults.take('failure', shop)).toBeDefined()
    expect(faults.take('failure', shop)).toBeUndefined()
  })

  it('of the network lasts until it is healed', () => {
    const faults = waiting()
    faults.add({ kind: 'wrong-root-key' })
    for (let i = 0; i < 50; i++) expect(faults.take('wrong-root-key')).toBeDefined()
    faults.end('slow-handshake')
    expect(faults.list()).toHaveLength(1)
    faults.end('wrong-root-key')
    expect(faults.take('wrong-root-key')).toBeUndefined()
  })

  it('strikes the share of all that the seed chooses, and always the same ones', () => {
    const struck = (seed: string) => {
      const faults = waiting(seed)
      faults.add({ kind: 'failure', share: 0.3, for: 1000 })
      return Array.from({ length: 200 }, (_, i) => deviceOf(`3460000${1000 + i}`))
        .filter(device => faults.take('failure', device))
        .map(({ jid }) => jid)
    }
    expect(struck('1')).toEqual(struck('1'))
    expect(struck('1')).not.toEqual(struck('2'))
    expect(struck('1').length).toBeGreaterThan(35)
    expect(struck('1').length).toBeLessThan(85)
  })

  it('is left for others by what does not fit', () => {
    const faults = waiting()
    faults.add({ kind: 'unanswered', query: 'usync' })
    expect(faults.take('unanswered', shop, ({ query }) => query === 'abt')).toBeUndefined()
    expect(faults.take('unanswered', shop, ({ query }) => query === 'usync')).toBeDefined()
  })
})
