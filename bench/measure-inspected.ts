import { createActor } from 'xstate'
import { supervisorMachine } from '../machines/supervisor.machine.ts'
import { createClock } from '../src/base/clock.ts'
import { createLogger } from '../src/base/logger.ts'
import { createInspector } from '../src/inspector/inspector.ts'
import { showEvent, showSnapshot } from '../src/sessions/inspection/shown.ts'
import { median } from './statistics.ts'

const EVENTS = 2_000
const TURNS = 9

/** µs of CPU that an event of a machine takes, in the middle of some turns. */
export interface Inspected {
  /** Before anybody has looked on. */
  before: number
  /** One viewer, who reads. */
  watched: number
  /** Once the last has left. */
  after: number
}

/** The supervisor's machine hears what it hears most: with nobody who looks on, with one, and with nobody any more. */
export async function measureInspected(): Promise<Inspected> {
  const machine = createActor(supervisorMachine).start()
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
  const turn = async () => {
    const begun = process.cpuUsage()
    for (let i = 0; i < EVENTS; i++) {
      machine.send({ type: 'session.changed', was: was!, is: is! })
      if (i % 100 === 99) await new Promise(resolve => setImmediate(resolve))
    }
    const { user, system } = process.cpuUsage(begun)
    return (user + system) / EVENTS
  }
  const turns = async () => {
    const all: number[] = []
    for (let i = 0; i < TURNS; i++) all.push(await turn())
    return median(all)
  }
  await turns()
  const before = await turns()
  const viewing = await inspector.open(null)
  const read = (async () => {
    let messages = 0
    for await (const text of viewing.messages) if (text !== null) messages++
    return messages
  })()
  const watched = await turns()
  viewing.end()
  if ((await read) < TURNS * EVENTS * 2) throw new Error('the viewer was not told all')
  const after = await turns()
  machine.stop()
  return { before, watched, after }
}
