import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

type Problem = { code: string; message: string }
const world = new World({ LOG_LEVEL: 'debug', CONNECT_PER_SECOND: '1000' })
const health = async () => {
  const { status, body } = await world.call('GET', '/health/ready')
  return { status, problems: body.problems as unknown as Problem[] }
}
const NUMBERS = ['34600000001', '34600000002']
const say = (number: string, words: string) => world.simulator.contact('34600000099').say(number, words)

describe('A full disk', () => {
  beforeAll(async () => {
    await world.start()
    await world.stopManager('SIGTERM')
    await world.startManager({}, ['./test/scenarios/faults-preload.ts'])
    await world.link('a', NUMBERS[0]!)
    await world.link('b', NUMBERS[1]!)
  }, 60_000)
  afterAll(() => world.end())

  it('ends every socket and no process, is named, and costs no message once there is room', async () => {
    world.tell('fill the disk')
    const said: string[] = []
    await vi.waitFor(
      async () => {
        said.push(`${said.length} ${'x'.repeat(3000)}`)
        await say(NUMBERS[said.length % 2]!, said.at(-1)!)
        expect((await health()).status).toBe(503)
      },
      { timeout: 30_000, interval: 20 },
    )
    const { problems } = await health()
    expect(problems).toMatchObject([
      {
        code: 'STORE_FAILED',
        message: expect.stringMatching(/disk is full: free some space\. Every session/),
      },
    ])
    await vi.waitFor(() => expect(world.simulator.devices.filter(one => one.connection)).toEqual([]), {
      timeout: 10_000,
    })
    const send = await world.send('a', '34600000099', 'not now')
    expect(send).toMatchObject({ status: 503, body: { error: 'STORE_FAILED' } })
    // Tried every 2 s, in vain.
    const tries = () => world.output.split('the store still takes no writes').length - 1
    await vi.waitFor(() => expect(tries()).toBeGreaterThanOrEqual(2), { timeout: 10_000 })
    expect(world.simulator.devices).toHaveLength(2)

    world.tell('make room')
    await vi.waitFor(async () => expect(await health()).toEqual({ status: 200, problems: [] }), {
      timeout: 20_000,
    })
    for (const id of ['a', 'b']) await world.waitForState(id, 'open')
    await vi.waitFor(
      () => {
        const got = new Set(world.laravel.accepted('/messages').map(({ body }) => body))
        expect(said.filter(words => !got.has(words)).map(words => words.slice(0, 5))).toEqual([])
      },
      { timeout: 30_000 },
    )
  }, 120_000)
})
