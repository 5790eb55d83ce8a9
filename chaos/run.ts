import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { command } from '../command-line/command.ts'
import { optionsOf } from '../command-line/command-line.ts'
import { flag, oneOf, someOrNoneOf, textOr, wholeNumber } from '../command-line/options.ts'
import type { Child } from '../harness/child.ts'
import { createProgress } from '../harness/progress.ts'
import type { Commands } from '../harness/rpc.ts'
import { createSeededRandom } from '../simulator/seeded-random.ts'
import { type ChaosOptions, runChaos } from './chaos-run.ts'
import { compareRecords, passes } from './compare-records.ts'
import { KILL_POINT_NAMES } from './kill-points.ts'
import { MODES } from './modes.ts'
import { planNodeRounds } from './nodes/node-plan.ts'
import { type Outcome, runNodes } from './nodes/nodes-run.ts'
import { type Options, planRounds } from './plan.ts'
import { table, troubles } from './report.ts'

/** The manager is killed again and again under traffic; then what WhatsApp knows and what Laravel knows are held together. */

const values = optionsOf(
  command({
    run: 'npm run ledger',
    does: 'The manager is killed again and again under traffic; then what WhatsApp knows and what Laravel knows are held together: nothing may be lost, nothing doubled.',
    options: {
      sessions: wholeNumber('linked sessions', { default: 50 }),
      rounds: wholeNumber('lives of the manager', { default: 20 }),
      seed: textOr(
        'TEXT',
        String(Math.floor(Math.random() * 1e9)),
        'decides all that can be decided',
        'made up, and printed',
      ),
      mode: oneOf(
        MODES,
        'naive stores in the upsert handler only, as most gateways do, and unfenced nodes write on when their lease is over: both show that the ledger can fail',
      ),
      signal: oneOf(['SIGKILL', 'SIGTERM', 'mixed'], 'how a life ends'),
      points: someOrNoneOf(KILL_POINT_NAMES, 'moments at which it is killed, separated by commas'),
      'disk-full': flag(
        'every third round finds the disk full; with --postgres its disks, which only root can make small',
      ),
      redis: flag(
        "deliveries go through a Redis of the run's own (or REDIS_URL), which is killed and flushed",
      ),
      postgres: flag(
        "the store is a PostgreSQL of the run's own, which is restarted, crashes, cuts connections, is read-only and fails over to a standby; with --redis",
      ),
      'outage-ms': wholeNumber(
        'how long PostgreSQL takes no writes in rounds in which the manager lives on',
        {
          default: 30_000,
          unit: 'ms',
        },
      ),
      groups: flag('every session talks in a group, too'),
      nodes: wholeNumber(
        'managers that share the sessions, and are killed, held and cut off in turn; with --postgres --redis',
        { default: 1 },
      ),
      'lease-ms': wholeNumber('how long a node may be silent before others take its sessions', {
        default: 15_000,
        unit: 'ms',
      }),
      'clock-off-ms': wholeNumber(
        'how far the clock of the second node is ahead, and that of the third behind, until they change places in mid-run',
        { default: 600_000, unit: 'ms', least: 0 },
      ),
      'stop-ms': wholeNumber('how long a node is held by SIGSTOP', { default: 60_000, unit: 'ms' }),
      storm: flag('faults of WhatsApp strike meanwhile'),
      keep: flag("leaves the data directory, the manager's log and the records of both ends there"),
    },
    examples: [
      ['', 'some minutes'],
      ['--sessions 5 --rounds 7', 'a quick look, with every moment once'],
      ['--rounds 7 --postgres --redis', 'with the store on a server'],
      ['--rounds 6 --postgres --redis --disk-full', 'whose disks are full at times; as root'],
      ['--nodes 3 --postgres --redis', 'several nodes, and all that can befall one'],
      ['--seed 4711 --storm --redis', 'the same run again, with all that can go wrong'],
    ],
    notes: 'Exit code 1: something was lost or doubled; 2: it could not finish.',
  }),
)

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
  const redis = values.redis ? { url: process.env.REDIS_URL } : null
  const around = {
    random,
    dir,
    progress,
    redis,
    onStart: (child: (typeof children)[number]) => children.push(child),
  }
  const { findings, records } =
    values.nodes > 1 ? await ledgerOfNodes(options, around) : await ledgerOfOne(options, around)
  progress.done()
  if (values.keep) await writeFile(join(dir, 'records.json'), JSON.stringify(records))
  const messages = records.said.length + records.sends.length
  const title = [
    `seed ${values.seed}: ${options.sessions} sessions, ${options.rounds} rounds, ${options.mode}`,
    [
      values.nodes > 1 ? `${values.nodes} nodes` : options.signal,
      values.nodes > 1 && values['clock-off-ms'] > 0 && `clocks ${values['clock-off-ms'] / 60_000} min off`,
      options.diskFull && 'disk full',
      options.groups && 'groups',
      values.redis && 'Redis',
      values.postgres && 'PostgreSQL',
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

type Around = Pick<ChaosOptions, 'random' | 'dir' | 'progress' | 'redis' | 'onStart'>

async function ledgerOfOne(options: Options, around: Around): Promise<Outcome> {
  const rounds = planRounds(options, around.random)
  const records = await runChaos({ ...around, options, rounds })
  return { findings: compareRecords(records), records }
}

function ledgerOfNodes(
  { sessions, rounds, mode, groups, diskFull }: Options,
  around: Around,
): Promise<Outcome> {
  const { nodes } = values
  const awayMs = mode === 'unfenced' ? 2 * values['lease-ms'] : null
  const lasts = { stopMs: values['stop-ms'], outageMs: values['outage-ms'], awayMs }
  const plan = planNodeRounds({ nodes, rounds, diskFull, ...lasts }, around.random)
  return runNodes({
    ...{ ...around, sessions, mode, groups, nodes, rounds: plan, diskFull },
    ...{ leaseMs: values['lease-ms'], clockOffMs: values['clock-off-ms'] },
  })
}

function readOptions(): Options {
  const { sessions, rounds, mode, signal, groups, storm, points, postgres } = values
  if (values.nodes > 1 && !postgres) throw new Error('--nodes needs --postgres --redis: nodes share both')
  if (values.nodes > 1 && storm) throw new Error('--nodes goes without --storm')
  if (mode === 'unfenced' && values.nodes === 1) throw new Error('--mode unfenced needs --nodes')
  if (postgres && !values.redis) throw new Error('--postgres needs --redis, as DATABASE_URL needs REDIS_URL')
  const { 'disk-full': diskFull, 'outage-ms': outageMs } = values
  return { sessions, rounds, mode, signal, diskFull, groups, storm, points, postgres, outageMs }
}
