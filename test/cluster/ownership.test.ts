import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../../src/base/logger.ts'
import { Ownership, type OwnershipOptions } from '../../src/cluster/ownership.ts'
import type { OwnedLife } from '../../src/ports/cluster/owner-table.ts'
import type { Residents } from '../../src/ports/cluster/residents.ts'
import { createTestClock, type TestClock } from '../base/clock.ts'
import { MemoryOwnerTable } from './memory-owner-table.ts'

const LEASE = 15_000
const STATS = {
  sessions: { totalSessions: 0, activeSessions: 0, inactiveSessions: 0, oldestSession: 0 },
  qr: { pendingQR: 0, trackedSessions: 0 },
  byState: {},
}

/** A node whose sessions only are there. */
class Node implements Residents {
  readonly lives = new Map<string, OwnedLife>()
  readonly ownership: Ownership
  stoodStill = 0
  isServing = true

  constructor(options: OwnershipOptions) {
    this.ownership = new Ownership(options)
  }

  get count() {
    return this.lives.size
  }
  stats = () => STATS
  has = (sessionId: string) => this.lives.has(sessionId)
  streams = () => [...this.lives.values()].map(({ streamId }) => streamId)
  idlest = (limit: number) => [...this.lives.keys()].slice(0, limit)
  late: Promise<void> | null = null
  async takeUp(lives: OwnedLife[]) {
    await this.late
    for (const life of lives) this.lives.set(life.sessionId, life)
  }
  async handOver(sessionIds: string[]) {
    const given = sessionIds.map(id => this.lives.get(id)!)
    for (const id of sessionIds) this.lives.delete(id)
    return given
  }
  readonly read: string[] = []
  async readMail(streamIds: string[]) {
    this.read.push(...streamIds)
  }
  standStill() {
    this.stoodStill++
    this.lives.clear()
  }
}

describe('A node', () => {
  let clock: TestClock
  let table: MemoryOwnerTable
  let nodes: Node[] = []
  beforeEach(() => {
    clock = createTestClock()
    table = new MemoryOwnerTable(clock.now)
  })
  afterEach(async () => {
    for (const { ownership } of nodes) await ownership.leave()
    nodes = []
  })

  const make = (options: Partial<OwnershipOptions> = {}) => {
    const node = new Node({
      table: table.table(),
      place: `place ${nodes.length}`,
      leaseMs: LEASE,
      maxSessions: null,
      perSecond: 20,
      clock,
      logger: createLogger({ level: 'silent', format: 'json' }),
      ...options,
    })
    nodes.push(node)
    return node
  }
  const start = async (options: Partial<OwnershipOptions> = {}) => {
    const node = make(options)
    await node.ownership.start(node)
    await node.ownership.reachableAt(`http://node-${nodes.length}`)
    await clock.advance(0)
    return node
  }
  const counts = () => nodes.map(({ count }) => count)

  it('takes up all that nobody has, so many a second and no more', async () => {
    table.add(50)
    await start()
    expect(counts()).toEqual([20])
    await clock.advance(1_000)
    expect(counts()).toEqual([40])
    await clock.advance(1_000)
    expect(counts()).toEqual([50])
  })

  it('reads what another left for its sessions, since it could not be reached', async () => {
    table.add(1)
    const node = await start()
    table.mail.push('stream-0')
    await clock.advance(LEASE / 3)
    expect(node.read).toEqual(['stream-0'])
    node.isServing = false
    table.mail.push('stream-0')
    await clock.advance(LEASE / 3)
    expect(node.read).toEqual(['stream-0'])
  })

  it('has no more than it may', async () => {
    table.add(30)
    const { ownership } = await start({ maxSessions: 8 })
    await clock.advance(10_000)
    expect(counts()).toEqual([8])
    expect(ownership.room).toBe(0)
  })

  it('gives up what is more than its share once another joins, so many a second', async () => {
    table.add(60)
    await start()
    await clock.advance(5_000)
    expect(counts()).toEqual([60])
    await start({ perSecond: 10 })
    await clock.advance(60_000)
    expect(counts()).toEqual([30, 30])
    expect(new Set(nodes.flatMap(({ lives }) => [...lives.keys()])).size).toBe(60)
    const moves = table.calls.length
    await clock.advance(60_000)
    expect(table.calls.slice(moves).filter(call => call === 'release')).toEqual([])
  })

  it('has what the others may not have, too', async () => {
    table.add(9)
    await start()
    await start()
    await start({ maxSessions: 1 })
    await clock.advance(60_000)
    expect(counts()).toEqual([4, 4, 1])
    expect(table.ownedBy(null)).toBe(0)
    await nodes[0]!.ownership.leave()
    nodes.shift()
    await clock.advance(60_000)
    expect(counts()).toEqual([8, 1])
  })

  it('that joins gets its share also where there are few', async () => {
    table.add(9)
    for (let i = 0; i < 3; i++) await start()
    await clock.advance(30_000)
    expect(counts()).toEqual([3, 3, 3])
    await start()
    await clock.advance(60_000)
    expect(counts().toSorted()).toEqual([2, 2, 2, 3])
    expect(table.ownedBy(null)).toBe(0)
    const moves = table.calls.length
    await clock.advance(60_000)
    expect(table.calls.slice(moves).filter(call => call === 'release')).toEqual([])
  })

  it('gives nothing up for one that cannot be reached yet, and may never be', async () => {
    table.add(6)
    await start()
    await clock.advance(5_000)
    const starting = make()
    starting.isServing = false
    await starting.ownership.start(starting)
    await clock.advance(60_000)
    expect(counts()).toEqual([6, 0])
    expect(table.calls).not.toContain('release')
    starting.isServing = true
    await starting.ownership.reachableAt('http://node-2')
    await clock.advance(60_000)
    expect(counts()).toEqual([3, 3])
  })

  it('that stops leaves all to the others at once', async () => {
    table.add(10)
    await start()
    const second = await start()
    await clock.advance(30_000)
    expect(counts()).toEqual([5, 5])
    await second.ownership.evacuate()
    await clock.advance(1_000)
    expect(counts()).toEqual([10, 0])
    await second.ownership.leave()
    await clock.advance(1_000)
    expect(counts()).toEqual([10, 0])
  })

  it('takes over what another had once that one’s lease is over, and not before', async () => {
    table.add(4, 'dead')
    table.nodes.set('dead', {
      node: 'dead',
      url: '',
      place: '',
      sessions: 4,
      maxSessions: null,
      stats: null,
      until: clock.now() + LEASE,
    })
    await start()
    await clock.advance(LEASE - 1)
    expect(counts()).toEqual([0])
    await clock.advance(LEASE / 3 + 1_000)
    expect(counts()).toEqual([4])
  })

  it('that cannot renew for half a lease ends all by itself, and comes back as another', async () => {
    table.add(3)
    const node = await start()
    await clock.advance(2_000)
    const { node: name } = node.ownership
    table.isAway = true
    await clock.advance(LEASE / 3)
    expect(node.stoodStill).toBe(0)
    await clock.advance(LEASE / 2)
    expect(node.stoodStill).toBe(1)
    expect(node.ownership.state).toMatchObject({ id: null, leaseMs: 0, nodes: 0 })
    expect(table.nodes.get(name!)!.until).toBeGreaterThan(clock.now())
    table.isAway = false
    await node.ownership.begin()
    await clock.advance(2_000)
    expect(node.ownership.node).not.toBe(name)
    expect(counts()).toEqual([3])
    expect(table.ownedBy(node.ownership.node)).toBe(3)
  })

  it('that slept through its lease ends all before it renews anything', async () => {
    table.add(1)
    const node = await start()
    await clock.advance(2_000)
    const renewals = table.calls.filter(call => call === 'renew').length
    // Its timers run late: what is due first is the renewal.
    const slept = clock.advance(0)
    Object.assign(clock, {
      now: (
        now => () =>
          now() + 60_000
      )(clock.now),
    })
    await slept
    await clock.advance(LEASE / 3)
    expect(node.stoodStill).toBe(1)
    expect(table.calls.filter(call => call === 'renew').length).toBe(renewals)
  })

  it('gives up what the database believes to be here and is not', async () => {
    const node = await start()
    table.add(2, node.ownership.node)
    await clock.advance(4 * LEASE)
    expect(counts()).toEqual([2])
    expect(table.calls).toContain('keepOnly')
  })

  it('claims a session once, however many ask for it at the same time, and whatever it claims itself', async () => {
    const node = await start()
    table.add(2)
    const ask = (n: number) => node.ownership.adopt({ sessionId: `s${n}`, streamId: `stream-${n}` })
    expect(await Promise.all([ask(0), ask(0), ask(0)])).toEqual([true, true, true])
    expect([table.sessions.get('stream-0')!.epoch, node.lives.get('s0')!.epoch]).toEqual([2, 2])
    const late = Promise.withResolvers<void>()
    node.late = late.promise
    await clock.advance(LEASE / 3 + 1_000)
    expect(table.sessions.get('stream-1')).toMatchObject({ epoch: 2, owner: node.ownership.node })
    const asked = ask(1)
    late.resolve()
    await asked
    await clock.advance(0)
    expect([table.sessions.get('stream-1')!.epoch, node.lives.get('s1')!.epoch]).toEqual([2, 2])
    await ask(1)
    expect(table.sessions.get('stream-1')!.epoch).toBe(2)
  })

  it('takes up what somebody asks for, if nobody has it and there is room', async () => {
    table.add(2)
    const node = await start({ maxSessions: 1, perSecond: 0 })
    expect(await node.ownership.adopt({ sessionId: 's0', streamId: 'stream-0' })).toBe(true)
    expect(await node.ownership.adopt({ sessionId: 's1', streamId: 'stream-1' })).toBe(false)
    const other = await start({ perSecond: 0 })
    expect(await other.ownership.adopt({ sessionId: 's0', streamId: 'stream-0' })).toBe(false)
    expect(counts()).toEqual([1, 0])
  })
})
