import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Simulator } from '../../simulator/simulator.ts'
import { Driver } from './driver.ts'
import { dotted, initial, model, planPaths, type Step, states, transitions } from './paths.ts'
import { QrTimers } from './qr-timers.ts'

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
const paths = planPaths(190).map((path, i) => ({ ...path, number: i + 1 }))
const executed = new Set<string>()
const seen = new Set<string>()

describe('over HTTP the manager does what the model of a session says', () => {
  it.concurrent.each(paths)('on path $number', { timeout: 300_000 }, async ({ steps, keys, number }) => {
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

  it('has made every transition of the model, and been in every state', () => {
    expect(transitions.length).toBeGreaterThan(350)
    expect(transitions.filter(transition => !executed.has(transition))).toEqual([])
    expect([...seen].sort()).toEqual(states)
  })
})
