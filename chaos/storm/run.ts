import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { command } from '../../command-line/command.ts'
import { optionsOf } from '../../command-line/command-line.ts'
import { flag, positiveNumber, textOr, wholeNumber } from '../../command-line/options.ts'
import type { Child } from '../../harness/child.ts'
import { createProgress } from '../../harness/progress.ts'
import type { Commands } from '../../harness/rpc.ts'
import { createSeededRandom } from '../../simulator/seeded-random.ts'
import { passes } from '../compare-records.ts'
import { numbersOf } from '../environment.ts'
import { table, troubles } from '../report.ts'
import { dropTable, isRight, linesOf } from './drop-report.ts'
import { runDrop } from './drop-run.ts'
import { describePlan, planStorm } from './storm-plan.ts'
import { runStorm } from './storm-run.ts'

/** Every fault of WhatsApp at seeded moments and restarts in between, under traffic; then nothing may be lost, and everybody is back. */

const values = optionsOf(
  command({
    run: 'npm run storm',
    does: 'Every fault of WhatsApp at seeded moments and restarts in between, under traffic; then nothing may be lost, nobody is asked for a QR, and everybody is back.',
    options: {
      minutes: positiveNumber('how long it lasts', { default: 1, most: 24 * 60, unit: 'minutes' }),
      sessions: wholeNumber('linked sessions', { default: 100 }),
      seed: textOr(
        'TEXT',
        String(Math.floor(Math.random() * 1e9)),
        'decides the plan',
        'made up, and printed',
      ),
      drop: wholeNumber('no storm: so many sessions lose their connection at once, and must come back', {}),
      'per-second': wholeNumber('CONNECT_PER_SECOND in that case', { default: 20 }),
      plan: flag('prints the plan, and nothing is run'),
      keep: flag("leaves the data directory and the manager's log there"),
    },
    examples: [
      ['--minutes 1 --seed 1', 'after a change to sockets, machines or sending'],
      ['--plan --seed 1', 'what that seed does'],
      ['--drop 1000', 'how long a thousand take to come back'],
    ],
    notes: 'Exit code 1: something was lost or doubled, or somebody is not back; 2: it could not finish.',
  }),
)

const progress = createProgress(process.stderr)
const children: Pick<Child<Commands>, 'kill' | 'name' | 'output'>[] = []
const dir = await mkdtemp(join(tmpdir(), 'whatsapp-manager-storm-'))
process.on('SIGINT', () => {
  end().then(() => process.exit(130))
})

try {
  if (values.drop === undefined) await storm()
  else await drop(values.drop, values['per-second'])
} catch (error) {
  progress.done()
  process.stderr.write(
    `The storm (seed ${values.seed}) could not finish: ${error instanceof Error ? error.message : error}\n`,
  )
  for (const { name, output } of [...new Set([...children.slice(0, 1), ...children.slice(-1)])])
    if (output !== '') process.stderr.write(`${name} printed last:\n${output}\n`)
  process.exitCode = 2
} finally {
  await end()
}
// A restart that was under way when something failed is waited for by nobody.
process.exit()

async function storm(): Promise<void> {
  const { minutes, sessions } = values
  const random = createSeededRandom(values.seed)
  const plan = planStorm({ sessions: numbersOf(sessions), ms: Math.round(minutes * 60_000) }, random)
  const lines = describePlan(plan)
  if (values.plan) {
    process.stdout.write(`${lines}\n`)
    return
  }
  const digest = createHash('sha256').update(lines).digest('hex').slice(0, 8)
  progress.say(`seed ${values.seed}, plan ${digest}: ${plan.strikes.length + plan.lone.length} faults`)
  const { findings, records, struck, settledMs } = await runStorm(plan, {
    ...{ random, sessions, dir, progress },
    onStart: child => children.push(child),
  })
  progress.done()
  const title = [
    `storm, seed ${values.seed}, plan ${digest}: ${sessions} sessions, ${minutes} minutes`,
    `all back ${(settledMs / 1000).toFixed(1)} s after it`,
    machine(),
  ].join(', ')
  const kinds = [...struck].map(([kind, count]) => `${kind} ${count}`).join(', ')
  process.stdout.write(`${table(title, findings)}\nsessions struck: ${kinds}\n`)
  if (records.reasons.length > 0)
    process.stdout.write(`why contacts asked again: ${records.reasons.join('; ')}\n`)
  if (passes(findings)) return
  process.stdout.write(`${troubles(findings)}\nagain: npm run storm -- --minutes ${minutes} `)
  process.stdout.write(`--sessions ${sessions} --seed ${values.seed}\n`)
  process.exitCode = 1
}

async function drop(sessions: number, perSecond: number): Promise<void> {
  const random = createSeededRandom(values.seed)
  const outcome = await runDrop(perSecond, {
    ...{ random, sessions, dir, progress },
    onStart: child => children.push(child),
  })
  progress.done()
  const lines = linesOf(outcome)
  const title = `${sessions} sessions dropped at once, ${machine()}`
  process.stdout.write(`${dropTable(title, lines)}\n`)
  for (const sentence of outcome.away.slice(0, 20)) process.stdout.write(`${sentence}\n`)
  if (!isRight(lines)) process.exitCode = 1
}

function machine(): string {
  return `Node ${process.versions.node}, ${availableParallelism()} cores, ${progress.seconds()} s`
}

async function end(): Promise<void> {
  for (const child of children) child.kill()
  if (values.keep) process.stderr.write(`kept: ${dir}\n`)
  else await rm(dir, { recursive: true, force: true })
}
