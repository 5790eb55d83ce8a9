/**
 * The parts of the suite, each `npm run test:<part>`, by the folders and files of test/ that they are made of. What is in none of
 * them is `unit`: quick, and nothing of it needs a process of its own.
 */
export const PLACES: Record<string, string[]> = {
  /** The real SQLite store, which is killed, too. */
  store: ['store'],
  /** In memory, and BullMQ on a Redis. */
  queue: ['queue'],
  /** Baileys against the simulator. */
  whatsapp: ['whatsapp'],
  simulator: ['simulator'],
  /** Walks over the model of a session, by HTTP alone. */
  model: ['model'],
  /** Stories from end to end; the manager is a process. */
  scenarios: ['scenarios'],
  /** What is run by hand: the demo, the proof by killing, the measurements, the lines of the README. */
  tools: ['bench', 'chaos', 'demo', 'harness', 'property', 'readme'],
}

export interface Part {
  name: string
  include: string[]
  exclude: string[]
}

const filesOf = (place: string) => [`test/${place}/**/*.test.ts`, `test/${place}.test.ts`]

export const UNIT: Part = {
  name: 'unit',
  include: ['test/**/*.test.ts'],
  exclude: Object.values(PLACES).flat().flatMap(filesOf),
}

export const OTHERS: Part[] = Object.entries(PLACES).map(([name, places]) => ({
  name,
  include: places.flatMap(filesOf),
  exclude: [],
}))

/** Files that last 20 s to 80 s, most of it waiting. Begun last, one of them alone would be waited for. */
export const LONGEST = [
  'test/chaos/run.test.ts',
  'test/model/session.test.ts',
  'test/scenarios/clock.test.ts',
  'test/scenarios/pace.test.ts',
  'test/demo/run.test.ts',
  'test/scenarios/restart.test.ts',
]
