import { pino } from 'pino'
import { expect, it } from 'vitest'
import type { LaravelClient } from '../../src/laravel/client.ts'
import { createDeliveries } from '../../src/laravel/deliveries.ts'
import { createUndelivered } from '../../src/laravel/undelivered.ts'
import { kindOfLane, type NewDelivery } from '../../src/ports/delivery-table.ts'
import { createInProcessQueue } from '../../src/queue/in-process.ts'
import { createTestClock } from '../base/clock.ts'
import { MemoryStore } from '../sessions/memory-store.ts'
import { inbound, lifecycle, messageFact } from '../store/facts.ts'
import { ok } from './harness.ts'

const LANE = 's|1@lid'

/** Two messages in a chat and one in another over the real tables; Laravel takes all. */
async function createWorld() {
  const clock = createTestClock()
  const disk = new MemoryStore(clock.now)
  const logs: string[] = []
  const told: string[] = []
  const laravel: LaravelClient = {
    address: 'http://app.test/api',
    askActive: async () => ({ said: 'active', fault: null }),
    publishQr: async () => {},
    publishPairingCode: async () => {},
    async deliver(_, webhookId) {
      told.push(webhookId)
      return ok
    },
    faults: { note: () => null, all: () => [] },
    health: () => ({ ok: true, problem: null }),
    close: async () => {},
  }
  const delivery = (seq: number, lane = LANE): NewDelivery => ({
    ...{ webhookId: `s.${seq}.messages`, kind: 'messages', lane, sessionId: 's', seq, at: clock.now() },
    payload: null,
  })
  await disk.store.commit({
    streamId: 's',
    epoch: 1,
    create: { sessionId: 's', userId: 1, at: clock.now() },
    events: [{ ...lifecycle(1), type: 'session.created' }, messageFact(2), messageFact(3), messageFact(4)],
    messages: [2, 3, 4].map(seq => ({
      insert: {
        ...{
          messageId: `M${seq}`,
          chatId: '1@lid',
          direction: 'in',
          dedupeKey: `k${seq}`,
          status: 'received',
        },
        ...{ content: inbound(`M${seq}`, 'hola'), seq, at: clock.now() },
      } as const,
    })),
    deliveries: [delivery(2), delivery(3), delivery(4, 's|2@lid')],
  })
  const deliveries = createDeliveries({
    store: disk.store.deliveries,
    queue: createInProcessQueue({ clock, concurrency: 4, groupOf: kindOfLane }),
    laravel,
    clock,
    logger: pino({ level: 'trace' }, { write: (line: string) => void logs.push(line) }),
  })
  return {
    clock,
    disk,
    logs,
    told,
    deliveries,
    dead: createUndelivered(disk.store.deliveries, deliveries, clock),
  }
}

it.each([
  ['a payload that is torn', 'UPDATE deliveries SET payload = \'{"a":\' WHERE seq = 2'],
  ['a payload that is no object', "UPDATE deliveries SET payload = '5' WHERE seq = 2"],
  ['a message that is torn', 'UPDATE messages SET content = \'{"body":"ho\' WHERE seq = 2'],
  ['a message that is a list', "UPDATE messages SET content = '[]' WHERE seq = 2"],
  ['a kind that nobody knows', "UPDATE deliveries SET kind = 'omens' WHERE seq = 2"],
])('%s becomes a dead letter with its reason, and what comes after it goes out', async (_, damage) => {
  const world = await createWorld()
  world.disk.damage(damage)
  world.deliveries.start()
  await world.clock.advance(31_000)
  expect(world.told.sort()).toEqual(['s.3.messages', 's.4.messages'])
  const { count, rows } = await world.dead.list({ state: 'dead', limit: 10 })
  expect(rows).toMatchObject([{ seq: 2, lastError: expect.stringMatching(/cannot be read/) }])
  expect([count, world.disk.stored.deliveries.counts()]).toEqual([1, { pending: 0, dead: 1 }])
  expect(world.logs.join('')).toMatch(/a delivery is a dead letter now/)
  expect(world.logs.join('')).not.toMatch(/could not be drained/)
  // It is redriven to no better end.
  await world.dead.redrive(rows[0]!.id)
  await world.clock.advance(31_000)
  expect(world.disk.stored.deliveries.counts()).toEqual({ pending: 0, dead: 1 })
  await world.deliveries.stop(0)
})
