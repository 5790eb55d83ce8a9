import { describe, expect, it } from 'vitest'
import { createLogger } from '../../src/base/logger.ts'
import { pause } from '../../src/base/pause.ts'
import { createLaneLeases } from '../../src/cluster/lane-leases.ts'
import type { LaravelClient } from '../../src/laravel/client.ts'
import { createDeliveries } from '../../src/laravel/deliveries.ts'
import { createInProcessQueue } from '../../src/queue/in-process.ts'
import { createTestClock } from '../base/clock.ts'
import { ok } from '../laravel/harness.ts'
import { createMemoryDeliveries } from '../laravel/memory-deliveries.ts'
import { MemoryOwnerTable } from './memory-owner-table.ts'

const ANSWER_MS = 300
const LANES = 8
const EACH = 12

/** Nodes that drain the same table into one Laravel, which takes its time. */
async function drains(nodes: string[], { leased, looked = false }: { leased: boolean; looked?: boolean }) {
  const clock = createTestClock()
  const table = createMemoryDeliveries()
  const owners = new MemoryOwnerTable(clock.now)
  if (looked)
    owners.headOf = lane => {
      const row = table.stored.head(lane)
      return { row, isLast: row === null || !table.stored.hasNext(lane, row.id) }
    }
  const logger = createLogger({ level: 'silent', format: 'json' })
  const stop = new AbortController()
  const [inFlight, delivered, by]: [Map<string, number>, string[], Set<string>] = [new Map(), [], new Set()]
  let mostOfALane = 0
  const parts = await Promise.all(
    nodes.map(async node => {
      await owners.table().join({ node, url: '', place: node }, 10 ** 9)
      const laravel: LaravelClient = {
        address: 'http://app.test/api',
        askActive: async () => ({ said: 'active', fault: null }),
        publishQr: async () => {},
        publishPairingCode: async () => {},
        async deliver(_, webhookId, payload) {
          const lane = String(payload.session_id)
          by.add(node)
          inFlight.set(lane, (inFlight.get(lane) ?? 0) + 1)
          mostOfALane = Math.max(mostOfALane, inFlight.get(lane)!)
          await pause(clock, ANSWER_MS, stop.signal)
          inFlight.set(lane, inFlight.get(lane)! - 1)
          delivered.push(webhookId)
          return ok
        },
        faults: { note: () => null, all: () => [] },
        health: () => ({ ok: true, problem: null }),
        close: async () => {},
      }
      const leases = createLaneLeases({ table: owners.table(), node: () => node, clock, logger })
      const deliveries = createDeliveries({
        ...{ store: table.store, laravel, clock, logger },
        queue: createInProcessQueue({ clock, concurrency: 4 }),
        ...(leased && { leases }),
      })
      deliveries.start()
      return deliveries
    }),
  )
  const order: string[] = []
  for (let n = 0; n < EACH; n++)
    for (let lane = 0; lane < LANES; lane++) {
      order.push(table.add(`lane${lane}`, clock.now()))
      // A session moves: what is new in its lane is told to another node.
      for (const part of n % 3 === 0 ? parts : [parts[(n + lane) % parts.length]!]) part.wake(`lane${lane}`)
      await clock.advance(20)
    }
  await clock.advance(60_000)
  stop.abort()
  return { delivered, order, mostOfALane, by, lanes: owners.lanes, rows: table.rows }
}

const inLanes = (ids: string[]) =>
  Array.from({ length: LANES }, (_, lane) => ids.filter(id => id.startsWith(`stream-lane${lane}.`)))

describe('Nodes that drain the same lanes', () => {
  it.each([
    ['deliver each once, each lane in order, one of a lane at a time, and give all lanes back', false],
    ['do the same when they get what a lane has along with its lease', true],
  ])('%s', async (_, looked) => {
    const { delivered, order, mostOfALane, by, lanes, rows } = await drains(['a', 'b', 'c'], {
      ...{ leased: true, looked },
    })
    expect(rows.size).toBe(0)
    expect(delivered.toSorted()).toEqual(order.toSorted())
    expect(inLanes(delivered)).toEqual(inLanes(order))
    expect(mostOfALane).toBe(1)
    expect(by.size).toBeGreaterThan(1)
    expect(lanes.size).toBe(0)
  })

  it('would deliver twice without leases of lanes', async () => {
    const { delivered, order, mostOfALane } = await drains(['a', 'b'], { leased: false })
    expect(delivered.length).toBeGreaterThan(order.length)
    expect(mostOfALane).toBeGreaterThan(1)
  })
})
