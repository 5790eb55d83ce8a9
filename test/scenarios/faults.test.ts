import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

const PRELOAD = ['./test/scenarios/faults-preload.ts']
const KINDS = ['timer', 'immediate', 'tick', 'microtask', 'rejection', 'emitter', 'thrownText']

type Event = { type: string }
const world = new World({ LOG_LEVEL: 'info', CONNECT_PER_SECOND: '1000' })
const eventsOf = async (id: string) => {
  const { body } = await world.call('GET', `/sessions/${id}/events?limit=1000`)
  return (body as unknown as { events: Event[] }).events.map(({ type }) => type)
}
const crashesOf = async (id: string) => (await eventsOf(id)).filter(type => type === 'session.crashed').length
const lines = () => world.output.split('\n').filter(line => line.includes('a fault that nobody caught'))
const takesMessages = async (number: string, words: string) => {
  await world.simulator.contact('34600000099').say(number, words)
  await world.laravel.seen(({ path, body }) => path === '/messages' && body.body === words)
}

describe('What nobody caught in the process', () => {
  beforeAll(async () => {
    await world.start()
    await world.stopManager('SIGTERM')
    await world.startManager({}, PRELOAD)
    await world.link('other', '34600000001')
    await world.link('owner', '34600000002')
  }, 60_000)
  afterAll(() => world.end())

  it.each(
    KINDS,
  )('from nowhere, %s: ends no session, is logged without its message and counted', async kind => {
    const [before, count] = [await crashesOf('other'), lines().length]
    world.tell(kind)
    await vi.waitFor(() => expect(lines()).toHaveLength(count + 1), { timeout: 5000 })
    expect([await crashesOf('other'), await crashesOf('owner')]).toEqual([before, await crashesOf('owner')])
    await takesMessages('34600000001', `after ${kind}`)
    const { status, body } = await world.call('GET', '/health/ready')
    expect(status).toBe(200)
    expect(body.warnings).toMatchObject([
      { code: 'FAULTS', message: expect.stringMatching(`^${count + 1} fault`) },
    ])
    expect(world.output).not.toContain('secret text')
  })

  it.each([
    'timer',
    'rejection',
    'emitter',
  ])('from an event of a connection, %s: its session begins anew, and no other', async kind => {
    const count = await crashesOf('owner')
    // The newest frame is of this session.
    await takesMessages('34600000002', `before ${kind}`)
    world.tell(`${kind} in-session`)
    await vi.waitFor(async () => expect(await crashesOf('owner')).toBe(count + 1), { timeout: 10_000 })
    await world.waitForState('owner', 'open')
    await takesMessages('34600000002', `since ${kind}`)
    expect([await crashesOf('other'), (await world.session('other')).state]).toEqual([0, 'open'])
    expect(lines().at(-1)).toContain('"session_id":"owner"')
  }, 60_000)

  it.each([
    ['end the writer', /died \(exit code 1\)/],
    // What it tripped over, in the words of the engine.
    ['break the writer', /died \((?!exit code).+\)/],
  ])(
    '%s: the process ends with code 70 and one line, and goes on from the log at its next start',
    async (fault, why) => {
      const printed = world.output.length
      world.tell(fault)
      expect(await world.ended()).toBe(70)
      const said = world.output
        .slice(printed)
        .split('\n')
        .filter(line => line.includes('the process ends'))
      expect(said).toEqual([expect.stringContaining('The thread that writes the store died')])
      expect(said[0]).toMatch(why)
      expect(world.simulator.devices).toHaveLength(2)
      await world.startManager({}, PRELOAD)
      for (const id of ['other', 'owner']) await world.waitForState(id, 'open')
      await takesMessages('34600000001', `after ${fault}`)
    },
    60_000,
  )
})
