import type { Comparison, Runs } from './compare.ts'
import type { ContenderName } from './contenders/contender.ts'
import type { Figures, IdleFigures } from './figures.ts'
import type { Inspected } from './measure-inspected.ts'
import { median, quantile } from './statistics.ts'
import { atLeastTimes, atMost, atMostTimes, type Target } from './targets.ts'
import { THOUSAND } from './traffic/plan.ts'

export interface Row {
  name: string
  unit: string
  /** The medians of all rounds; missing where a contender has no such thing, or did not run. */
  values: Partial<Record<ContenderName, number>>
  /** The figure that is judged, divided by the one it is compared with; NaN without one of them. */
  ratio: number
  target: string | null
  /** `noise`: processes of the same size differ by more than what is asked; null without a target. */
  verdict: 'ok' | 'over' | 'noise' | null
}

interface Definition {
  name: string
  unit: string
  of(runs: Runs): number
  /** How far the value may be off. */
  error?(runs: Runs): number
  target?: Target
}

const MB = 1024 * 1024

const of =
  (figure: (figures: Figures) => number) =>
  ({ all }: Runs) =>
    median(all.map(figure))

const DEFINITIONS: Definition[] = [
  { name: 'text out, CPU each', unit: 'ms', of: of(({ sent }) => sent.cpu), target: atMostTimes(1) },
  { name: 'text in, CPU each', unit: 'ms', of: of(({ received }) => received.cpu), target: atMostTimes(1.2) },
  {
    name: 'group text out to 20, CPU each',
    unit: 'ms',
    of: of(({ sentToGroups }) => sentToGroups.cpu),
    target: atMostTimes(0.5),
  },
  { name: 'sends a second', unit: '', of: of(({ sent }) => sent.perSecond), target: atLeastTimes(1.1) },
  { name: 'inbound p50', unit: 'ms', of: of(latency(0.5)), target: atMostTimes(1.5) },
  { name: 'inbound p99', unit: 'ms', of: of(latency(0.99)), target: atMost(25, 'ms') },
  {
    name: 'RSS, all open and idle',
    unit: 'MB',
    of: of(({ idle }) => idle.rss / MB),
    target: atMost(150, 'MB'),
  },
  {
    name: 'RSS a session',
    unit: 'MB',
    of: runs => slope(runs) / MB,
    error: runs => spread(runs) / MB,
    target: atMost(0.25, 'MB'),
  },
  {
    name: 'idle session, CPU a second',
    unit: 'ms',
    of: of(({ idle }) => idle.cpu),
    target: atMost(0.05, 'ms'),
  },
  { name: 'disk a message', unit: 'KB', of: of(({ diskPerMessage }) => diskPerMessage / 1024) },
  { name: 'PostgreSQL: commits a message', unit: '', of: of(({ serverWork }) => serverWork.commits) },
  { name: 'PostgreSQL: rows a message', unit: '', of: of(({ serverWork }) => serverWork.rows) },
  { name: 'PostgreSQL: log a message', unit: 'KB', of: of(({ serverWork }) => serverWork.wal / 1024) },
  { name: 'Redis: commands a message', unit: '', of: of(({ serverWork }) => serverWork.redisCommands) },
  { name: 'start to all open', unit: 's', of: of(({ idle }) => idle.startToOpen / 1000) },
  { name: 'kill -9 to all open', unit: 's', of: of(({ killedToOpen }) => killedToOpen / 1000) },
  {
    name: 'opens a second after a restart',
    unit: '',
    of: of(({ idle, killedToOpen }) => (idle.sessions * 1000) / killedToOpen),
    target: atLeastTimes(3),
  },
]

/** Memory in all is asked of no more sessions. */
const FIFTY = 50

/** Every row, judged: the manager beside the in-memory loop, and with Redis beside itself. */
export function rowsOf({ runs, durable, fifty, inspected }: Comparison, sessions: number): Row[] {
  const rows = DEFINITIONS.map(definition => rowOf(definition, runs, sessions))
  /** The two dearest rows of the manager run in another way, beside itself. */
  const beside = (contender: 'redis' | 'postgres' | 'traced', title: string, target: Target | null) =>
    runs[contender] === undefined || runs.manager === undefined
      ? []
      : [rows[0]!, rows[1]!].map(({ name, values }) => {
          const value = values[contender] ?? Number.NaN
          const about = { name: `${title}: ${name}`, unit: 'ms', values: { [contender]: value } }
          return judged(about, value / (values.manager ?? Number.NaN), value, target)
        })
  const flat = [rows[0]!, rows[1]!].map(({ name, values }, i) => {
    const few = median(fifty.map(({ sent, received }) => [sent.cpu, received.cpu][i]!))
    const { manager = Number.NaN } = values
    const about = { name: `beside 50 sessions: ${name}`, unit: 'ms', values: { manager } }
    return judged(about, manager / few, manager, atMostTimes(1.1))
  })
  const accepted = median(durable.map(({ latencies }) => quantile(latencies, 0.99)))
  return [
    ...rows.filter(({ values }) => Object.keys(values).length > 0),
    ...beside('redis', 'with Redis', atMostTimes(1.15)),
    ...beside('postgres', 'PostgreSQL', null),
    ...beside('traced', 'traced', null),
    ...(fifty.length > 0 ? flat : []),
    ...(durable.length > 0
      ? [
          judged(
            { name: 'durable 202 p99', unit: 'ms', values: { manager: accepted } },
            Number.NaN,
            accepted,
            atMost(15, 'ms'),
          ),
        ]
      : []),
    ...(inspected ? inspectedRows(inspected) : []),
  ]
}

/** Beside a machine at which nobody has looked yet. */
function inspectedRows({ before, watched, after }: Inspected): Row[] {
  const row = (name: string, manager: number, target: Target | null) =>
    judged(
      { name: `event of a machine, ${name}`, unit: 'µs', values: { manager } },
      manager / before,
      manager,
      target,
    )
  return [row('nobody looks on', after, atMostTimes(1.25)), row('one looks on', watched, atMost(250, 'µs'))]
}

function rowOf(
  { name, unit, of, error, target }: Definition,
  runs: Comparison['runs'],
  sessions: number,
): Row {
  const entries = Object.entries(runs) as [ContenderName, Runs][]
  const values = Object.fromEntries(
    entries
      .map(([contender, of_]) => [contender, of(of_)] as const)
      .filter(([, value]) => !Number.isNaN(value)),
  ) as Row['values']
  const { manager = Number.NaN, plain = Number.NaN } = values
  const row = judged({ name, unit, values }, manager / plain, manager, targetAt(sessions, name, target))
  const off = Math.max(
    0,
    ...entries.map(([, of_]) => error?.(of_) ?? 0).filter(value => !Number.isNaN(value)),
  )
  return row.verdict !== null && off > 0 && off >= Math.min(manager, plain) / 2
    ? { ...row, verdict: 'noise' }
    : row
}

/** `value` is what is judged, `ratio` what it is beside another. */
export function judged(
  about: Pick<Row, 'name' | 'unit' | 'values'>,
  ratio: number,
  value: number,
  target: Target | null,
): Row {
  if (target === null || Number.isNaN(value))
    return { ...about, ratio, target: target?.text ?? null, verdict: null }
  return { ...about, ratio, target: target.text, verdict: target.reached(value, ratio) ? 'ok' : 'over' }
}

function targetAt(sessions: number, name: string, target: Target | undefined): Target | null {
  if (name === 'RSS, all open and idle' && sessions > FIFTY) return null
  if (name === 'inbound p99' && sessions >= THOUSAND) return atMost(50, 'ms')
  return target ?? null
}

/** The middle of each process's own quantile: one stall of the machine is not everybody's. */
function latency(share: number) {
  return ({ received }: Figures) => quantile(received.latencies, share)
}

/** Bytes that one session more costs, between the middle of all processes of each size. */
function slope({ few, all }: Runs): number {
  const idle = all.map(figures => figures.idle)
  return (median(idle.map(({ rss }) => rss)) - median(few.map(({ rss }) => rss))) / more(few, idle)
}

/** How far processes of the same size are apart, for each session that the others have more; one of a size tells nothing. */
function spread({ few, all }: Runs): number {
  const idle = all.map(figures => figures.idle)
  const widths = [few, idle].map(runs => {
    const values = runs.map(({ rss }) => rss)
    if (values.length === 1) return Number.POSITIVE_INFINITY
    return Math.max(...values) - Math.min(...values)
  })
  return Math.max(...widths) / more(few, idle)
}

const more = (few: IdleFigures[], all: IdleFigures[]) =>
  (all[0]?.sessions ?? 0) - (few[0]?.sessions ?? Number.NaN)
