import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Simulator } from '../../simulator/simulator.ts'
import { Driver } from './driver.ts'
import { QrTimers } from './qr-timers.ts'
import { dotted, initial, model, planWalks, type Step, states, transitions } from './walks.ts'

const timers = new QrTimers()
const simulator = new Simulator({ qrRefs: 12 })
let port = 0

beforeAll(async () => {
  timers.install()
  port = (await simulator.listen()).port
})

afterAll(async () => {
  await simulator.close()
  timers.restore()
})

/** Each begins with a manager that knows no session. They run beside each other, and share nothing but the simulator. */
const walks = planWalks(190).map((walk, i) => ({ ...walk, number: i + 1 }))
const executed = new Set<string>()
const seen = new Set<string>()

describe('over HTTP the manager does what the model of a session says', () => {
  it.concurrent.each(walks)('walk $number', { timeout: 180_000 }, async ({ steps, keys, number }) => {
    const driver = new Driver(simulator, number, timers.another())
    await driver.begin(initial, port)
    let done = 0
    const perform = ({ event, state }: Step) => driver.perform(event.type, state)
    try {
      await model.testPath(
        { state: steps.at(-1)!.state, steps, weight: steps.length },
        {
          events: Object.fromEntries(steps.map(({ event }) => [event.type, perform])),
          states: {
            '*': async state => {
              await driver.check(state)
              executed.add(keys[done++]!)
              seen.add(dotted(state))
            },
          },
        },
      )
    } finally {
      await driver.end()
    }
    expect(done).toBe(steps.length)
  })

  it('and every transition of the model happened, to every state', () => {
    expect(transitions.length).toBeGreaterThan(350)
    expect(transitions.filter(transition => !executed.has(transition))).toEqual([])
    expect([...seen].sort()).toEqual(states)
  })
})
