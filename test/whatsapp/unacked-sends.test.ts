import { expect, it } from 'vitest'
import type { Fault } from '../../simulator/faults/table.ts'
import { closings, type OpenSession, type OpenSessions, text, useOpenSessions } from './open-sessions.ts'
import type { World } from './world.ts'

let world: World
let sessions: OpenSessions
const PING = 2
useOpenSessions(
  (...begun) => {
    ;[world, sessions] = begun
  },
  { keepAliveMs: PING * 1000 },
)

/** For how long a connection is believed, in seconds; the pings thereafter find that it was too long. */
const PATIENCE = 1.5 * PING + 15
const KEPT_MS = (PATIENCE + 2 * PING) * 1000

let contacts = 34_611_000_100

/** A send that meets faults, to somebody whose phone says nothing of it unless `receipts`. */
async function send(faults: Partial<Fault>[], { receipts = false } = {}) {
  const owner = await sessions.open()
  const ana = world.sim.contact(String(contacts++))
  ana.autoDelivered = receipts
  for (const fault of faults) await world.sim.fault({ ...fault, account: owner.pn } as Fault)
  const id = world.whatsApp.newMessageId()
  const begun = performance.now()
  await owner.socket!.send(id, text(ana.account.jid, 'anybody?'))
  return { owner, ana, id, begun }
}

const isOpenAfter = async (owner: OpenSession, begun: number) => {
  await new Promise(resolve => setTimeout(resolve, begun + KEPT_MS - performance.now()))
  expect(closings(owner)).toEqual([])
}

const saidOf = ({ sessionId }: OpenSession) =>
  world.log.filter(line => line.includes(sessionId) && line.includes('did not acknowledge a send'))

it.concurrent.each<[string, Partial<Fault>[]]>([
  ['with neither ack nor receipt', [{ kind: 'drop-ack' }]],
  [
    'that leaves again for a stale session, and then has neither,',
    [{ kind: 'error-ack', code: '479' }, { kind: 'drop-ack' }],
  ],
])(
  'A send %s ends a connection that is fine otherwise, and the log says why',
  {
    timeout: 60_000,
  },
  async (_, faults) => {
    const { owner, begun } = await send(faults)
    const fact = await owner.fact('socket.closed')
    expect(fact).toMatchObject({ code: 408, reaction: 'backoff', reason: 'unanswered' })
    expect(fact.reasonText).toMatch(/did not acknowledge/)
    expect((performance.now() - begun) / 1000).toBeGreaterThan(PATIENCE)
    expect(saidOf(owner)).toHaveLength(1)
    await owner.socket!.end()
    await owner.opened()
    await sessions.expectToWork(owner)
  },
)

it.concurrent.each<[string, Partial<Fault>[], object]>([
  ['whose ack comes late', [{ kind: 'late-ack', delay: 5000 }], {}],
  ['whose ack is an error', [{ kind: 'error-ack', code: '463' }], {}],
  ['whose ack was lost, and whose receipt was not,', [{ kind: 'drop-ack' }], { receipts: true }],
])('A send %s ends no connection', { timeout: 60_000 }, async (_, faults, contact) => {
  const { owner, ana, id, begun } = await send(faults, contact)
  await isOpenAfter(owner, begun)
  const heard = owner.updates.map(({ messageId, status }) => [messageId, status])
  expect(heard).toContainEqual([id, expect.stringMatching(/sent|failed|delivered/)])
  expect(ana.inbox.length).toBeLessThanOrEqual(1)
  expect(saidOf(owner)).toEqual([])
})
