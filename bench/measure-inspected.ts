import { createActor } from 'xstate'
import { supervisorMachine } from '../machines/supervisor.machine.ts'
import { createClock } from '../src/base/clock.ts'
import { createLogger } from '../src/base/logger.ts'
import { createInspector } from '../src/inspector/inspector.ts'
import { showEvent, showSnapshot } from '../src/sessions/inspection/shown.ts'

const EVENTS = 2_000
const TURNS = 9

/** µs of CPU that an event of a machine takes, in the quietest turn. */
export interface Inspected {
  /** Where nobody ever looked. */
  before: number
  /** One viewer, who reads. */
  watched: number
  /** Once the last has left. */
  after: number
}

/** The supervisor's machine hears what it hears most: without anybody, with one who looks on, and without anybody again. */
export async function measureInspected(): Promise<Inspected> {
  const [never, machine] = [createActor(supervisorMachine).start(), createActor(supervisorMachine).start()]
  const inspector = createInspector({
    charts: { supervisor: machine, watch() {}, showEvent, showSnapshot },
    clock: createClock(),
    wall: Date.now,
    logger: createLogger({ level: 'silent', format: 'json' }),
  })
  const [was, is] = ['open.settling', 'open.settled'].map(state => ({
    state,
    publishing: false,
    tracked: true,
  }))
  const turn = async (actor: typeof machine) => {
    const begun = process.cpuUsage()
    for (let i = 0; i < EVENTS; i++) {
      actor.send({ type: 'session.changed', was: was!, is: is! })
      if (i % 100 === 99) await new Promise(resolve => setImmediate(resolve))
    }
    const { user, system } = process.cpuUsage(begun)
    return (user + system) / EVENTS
  }
  const turnWatched = async () => {
    const viewing = await inspector.open(null)
    const read = (async () => {
      let messages = 0
      for await (const text of viewing.messages) if (text !== null) messages++
      return messages
    })()
    const used = await turn(machine)
    viewing.end()
    if ((await read) < EVENTS * 2) throw new Error('the viewer was not told all')
    return used
  }
  const turns: Inspected[] = []
  // In turn, so that what slows the machine slows all.
  for (let i = 0; i < TURNS; i++)
    turns.push({ before: await turn(never), watched: await turnWatched(), after: await turn(machine) })
  never.stop()
  machine.stop()
  const least = (name: keyof Inspected) => Math.min(...turns.map(one => one[name]))
  return { before: least('before'), watched: least('watched'), after: least('after') }
}
