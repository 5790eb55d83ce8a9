import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Child } from '../harness/child.ts'
import { wholeNumber } from '../harness/flags.ts'
import { createProgress } from '../harness/progress.ts'
import type { Commands } from '../harness/rpc.ts'
import { createSeededRandom } from '../simulator/seeded-random.ts'
import { runChaos } from './chaos-run.ts'
import { compareRecords, passes } from './compare-records.ts'
import { KILL_POINT_NAMES } from './kill-points.ts'
import { type Options, planRounds } from './plan.ts'
import { table, troubles } from './report.ts'

/** The manager is killed again and again under traffic; then what WhatsApp knows and what Laravel knows are held together. */

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '20' },
    /** Decides all that can be decided; made up and printed if not given. */
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    /** `naive`: stores in the upsert handler only, as most gateways do; shows that the ledger can fail. */
    mode: { type: 'string', default: 'safe' },
    /** SIGKILL, SIGTERM or mixed. */
    signal: { type: 'string', default: 'SIGKILL' },
    /** Every third round finds the disk full. */
    'disk-full': { type: 'boolean', default: false },
    /** Deliveries go through a Redis of the run's own (or REDIS_URL), which is killed and flushed. */
    redis: { type: 'boolean', default: false },
    /** Every session talks in a group, too. */
    groups: { type: 'boolean', default: false },
    /** Faults of WhatsApp strike meanwhile (see chaos/storm/). */
    storm: { type: 'boolean', default: false },
    /** Comma-separated names of moments, or none. */
    points: { type: 'string', default: KILL_POINT_NAMES.join(',') },
    /** Leaves the data directory and the manager's log there. */
    keep: { type: 'boolean', default: false },
  },
})

const progress = createProgress(process.stderr)
const children: Pick<Child<Commands>, 'kill' | 'name' | 'output'>[] = []
const dir = await mkdtemp(join(tmpdir(), 'whatsapp-manager-ledger-'))
process.on('SIGINT', () => {
  end().then(() => process.exit(130))
})

try {
  const options = readOptions()
  const random = createSeededRandom(values.seed)
  progress.say(`seed ${values.seed}`)
  const records = await runChaos({
    options,
    random,
    rounds: planRounds(options, random),
    dir,
    progress,
    redis: values.redis ? { url: process.env.REDIS_URL } : null,
    onStart: child => children.push(child),
  })
  progress.done()
  const findings = compareRecords(records)
  const messages = records.said.length + records.sends.length
  const title = [
    `seed ${values.seed}: ${options.sessions} sessions, ${options.rounds} rounds, ${options.mode}`,
    [
      options.signal,
      options.diskFull && 'disk full',
      options.groups && 'groups',
      values.redis && 'Redis',
      options.storm && 'storm',
    ]
      .filter(Boolean)
      .join(', '),
    `Node ${process.versions.node}, ${availableParallelism()} cores, ${progress.seconds()} s, ${(messages / progress.seconds()).toFixed(0)} messages/s`,
  ]
  process.stdout.write(`${table(title.join(', '), findings)}\n`)
  if (!passes(findings)) {
    process.stdout.write(`${troubles(findings)}\n`)
    process.exitCode = 1
  }
} catch (error) {
  progress.done()
  process.stderr.write(
    `The ledger (seed ${values.seed}) could not finish: ${error instanceof Error ? error.message : error}\n`,
  )
  for (const { name, output } of children.slice(-2))
    if (output !== '') process.stderr.write(`${name} printed last:\n${output}\n`)
  process.exitCode = 2
} finally {
  await end()
}

async function end(): Promise<void> {
  for (const child of children) child.kill()
  if (values.keep) process.stderr.write(`kept: ${dir}\n`)
  else await rm(dir, { recursive: true, force: true })
}

function readOptions(): Options {
  const points = values.points === 'none' ? [] : values.points.split(',')
  return {
    sessions: wholeNumber(values, 'sessions'),
    rounds: wholeNumber(values, 'rounds'),
    mode: oneOf('mode', values.mode, ['safe', 'naive']),
    signal: oneOf('signal', values.signal, ['SIGKILL', 'SIGTERM', 'mixed']),
    diskFull: values['disk-full'],
    groups: values.groups,
    storm: values.storm,
    points: points.map(point => oneOf('points', point, KILL_POINT_NAMES)),
  }
}

function oneOf<const T extends string>(name: string, value: string, options: readonly T[]): T {
  if (options.includes(value as T)) return value as T
  throw new Error(`--${name} must be one of ${options.join(', ')}, not ${value}`)
}
