import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from '../scenarios/world.ts'
import { expectSettled } from '../settled.ts'
import { type MessageCounts, overLimit } from './limits.ts'

/**
 * What one message costs where no clock is needed: a change that doubles one of these is a mistake, or says why. Lower them when
 * less is done. Messages go one after the other, so nothing has company: that is the most they can cost.
 */
const LIMITS: Record<'sent' | 'received' | 'sentToGroup', MessageCounts> = {
  sent: {
    posts: 4,
    postedBytes: 4000,
    commits: 4,
    rows: 18,
    frames: 3.5,
    queries: 0.2,
    largeBuffers: 0,
    posted: 0,
  },
  received: {
    posts: 2,
    postedBytes: 2600,
    commits: 2,
    rows: 9,
    frames: 1.5,
    queries: 0.2,
    largeBuffers: 0,
    posted: 1,
  },
  // On a busy machine the receipts of 20 members come in more than two stanzas.
  sentToGroup: {
    posts: 4,
    postedBytes: 4000,
    commits: 4,
    rows: 18,
    frames: 5,
    queries: 0.2,
    largeBuffers: 0,
    posted: 0,
  },
}

const MESSAGES = 20
const SHOP = '34600000001'
const ANA = '34600000002'
const MEMBERS = Array.from({ length: 20 }, (_, i) => `346000001${String(i).padStart(2, '0')}`)

describe('a message, delivered and read', () => {
  const world = new World({ LOG_LEVEL: 'info' }, { receiptDelayMs: 25 })
  let group = ''

  beforeAll(async () => {
    await world.start()
    await world.stopManager('SIGTERM')
    await world.startManager({}, ['./test/guard/counting-preload.ts'])
    await world.link('shop', SHOP)
    for (const number of [ANA, ...MEMBERS]) world.simulator.contact(number).autoRead = true
    group = world.simulator.group('Friends', [SHOP, ...MEMBERS]).jid
    // What the first messages of a chat cost is no message's.
    await send(ANA, 3)
    await receive(3)
    await send(ANA, 3)
    await send(group, 3)
  }, 60_000)
  afterAll(() => world.end())

  it('costs no more than it did when it is sent', () => check('sent', () => send(ANA, MESSAGES)))
  it('costs no more than it did when it is received', () => check('received', () => receive(MESSAGES)))
  it('costs no more than it did when it is sent to a group of 20', () =>
    check('sentToGroup', () => send(group, MESSAGES)))

  async function check(kind: keyof typeof LIMITS, work: () => Promise<void>): Promise<void> {
    const before = await counts()
    await work()
    const after = await counts()
    const each = Object.fromEntries(
      Object.entries(after).map(([name, count]) => [
        name,
        (count - before[name as keyof MessageCounts]) / MESSAGES,
      ]),
    ) as unknown as MessageCounts
    expect(overLimit(kind, each, LIMITS[kind]), JSON.stringify(each)).toEqual([])
  }

  async function send(to: string, count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      const { status, body } = await world.send('shop', to, `text ${n}`)
      expect(status).toBe(200)
      await vi.waitFor(
        async () => {
          const { body: message } = await world.call('GET', `/sessions/shop/messages/${body.message_id}`)
          expect(message.status).toBe('read')
        },
        { timeout: 20_000, interval: 20 },
      )
    }
  }

  async function receive(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      const { id } = await world.simulator.contact(ANA).say(SHOP, `text ${n}`)
      await world.laravel.seen(({ path, body }) => path === '/messages' && body.message_id === id)
    }
  }

  /** Once all is acknowledged and what waits for company has left. */
  async function counts(): Promise<MessageCounts> {
    await expectSettled(world.simulator)
    let last = ''
    await vi.waitFor(
      async () => {
        const now = await printed()
        const quiet = now === last
        last = now
        expect(quiet, 'something is still being written').toBe(true)
      },
      { timeout: 20_000, interval: 300 },
    )
    const { queries } = world.simulator.counters
    return { ...JSON.parse(last), queries, posted: world.laravel.received.length }
  }

  async function printed(): Promise<string> {
    const mark = `counted-${Math.random()}`
    world.tell(mark)
    return vi.waitFor(() => {
      const line = world.output.split('\n').find(text => text.startsWith(mark))
      if (line === undefined) throw new Error('the manager has not counted yet')
      return line.slice(mark.length)
    })
  }
})

describe('the limits', () => {
  const counts = LIMITS.sent

  it('let nothing be doubled', () => {
    expect(overLimit('sent', counts, counts)).toEqual([])
    const more = { ...counts, commits: 2 * counts.commits, posted: 1 }
    expect(overLimit('sent', more, counts)).toEqual([
      `sent: ${more.commits.toFixed(2)} commits each, at most ${counts.commits} are allowed`,
      'sent: 1.00 posted each, at most 0 are allowed',
    ])
  })
})
