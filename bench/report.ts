import type { Figures, Integrity } from './measure.ts'
import { median, quantile } from './statistics.ts'

/** One contender's processes: with few sessions and with all of them. */
export interface RunsBySize {
  few: Figures[]
  all: Figures[]
}

export interface Row {
  name: string
  unit: string
  manager: number
  /** NaN: a plain loop has no such thing. */
  plain: number
  /** manager / plain. */
  ratio: number
  target: string | null
  /** `noise`: processes of the same size differ by more than what is asked; null without a target. */
  verdict: 'ok' | 'over' | 'noise' | null
}

const MB = 1024 * 1024

interface Definition {
  name: string
  unit: string
  of(runs: RunsBySize): number
  /** How far the value may be off. */
  error?(runs: RunsBySize): number
  target?: Target
}

export interface Target {
  text: string
  reached(ratio: number, manager: number): boolean
}

const atMost = (limit: number) => ({
  text: `<= ${limit.toFixed(2)}x`,
  reached: (ratio: number) => ratio <= limit,
})
const atLeast = (limit: number) => ({
  text: `>= ${limit.toFixed(2)}x`,
  reached: (ratio: number) => ratio >= limit,
})
const within = (limit: number, unit: string) => ({
  text: `<= ${limit} ${unit}`,
  reached: (_ratio: number, manager: number) => manager <= limit,
})

const DEFINITIONS: Definition[] = [
  {
    name: 'RSS per session',
    unit: 'MB',
    of: runs => slope(runs, 'rss') / MB,
    error: runs => spread(runs, 'rss') / MB,
    target: atMost(1.25),
  },
  { name: 'heap per session', unit: 'MB', of: runs => slope(runs, 'heap') / MB },
  { name: 'CPU per acked message', unit: 'ms', of: middle('cpuPerSent'), target: atMost(1.25) },
  { name: 'acked messages a second', unit: '', of: middle('sentPerSecond') },
  { name: 'sessions opened a second', unit: '', of: middle('opensPerSecond'), target: atLeast(1) },
  { name: 'CPU per inbound message', unit: 'ms', of: middle('cpuPerReceived') },
  { name: 'inbound to POST p50', unit: 'ms', of: inbound(0.5) },
  { name: 'inbound to POST p99', unit: 'ms', of: inbound(0.99), target: within(50, 'ms') },
]

export function rowsOf(manager: RunsBySize, plain: RunsBySize): Row[] {
  return DEFINITIONS.map(({ name, unit, of, error, target }) => {
    const values = { manager: of(manager), plain: of(plain) }
    const ratio = values.manager / values.plain
    const off = Math.max(error?.(manager) ?? 0, error?.(plain) ?? 0)
    const clear = off === 0 ? ratio > 0 : off < Math.min(values.manager, values.plain) / 2
    const reached = target?.reached(ratio, values.manager) ? 'ok' : 'over'
    const verdict = target === undefined ? null : clear ? reached : 'noise'
    return { name, unit, ...values, ratio, target: target?.text ?? null, verdict }
  })
}

/** A row without noise: what both showed, and the target if there is one. */
export function plainRow(about: Pick<Row, 'name' | 'unit' | 'manager' | 'plain'>, target?: Target): Row {
  const ratio = about.manager / about.plain
  if (target === undefined) return { ...about, ratio, target: null, verdict: null }
  return {
    ...about,
    ratio,
    target: target.text,
    verdict: target.reached(ratio, about.manager) ? 'ok' : 'over',
  }
}

/** What callers wait for a durable 202 while WhatsApp cannot be reached, in ms. */
export function acceptedRow(latencies: number[]): Row {
  const manager = quantile(latencies, 0.99)
  return plainRow({ name: 'durable 202 p99', unit: 'ms', manager, plain: Number.NaN }, within(20, 'ms'))
}

/** Bytes that one session more costs, between the middle of all processes of each size. */
function slope({ few, all }: RunsBySize, what: 'rss' | 'heap'): number {
  return (median(all.map(run => run[what])) - median(few.map(run => run[what]))) / more({ few, all })
}

/** How far processes of the same size are apart, for each session that the others have more. */
function spread({ few, all }: RunsBySize, what: 'rss'): number {
  const widths = [few, all].map(runs => {
    const values = runs.map(run => run[what])
    return Math.max(...values) - Math.min(...values)
  })
  return Math.max(...widths) / more({ few, all })
}

const more = ({ few, all }: RunsBySize) => (all[0]?.sessions ?? 0) - (few[0]?.sessions ?? 0)

function middle(what: 'cpuPerSent' | 'sentPerSecond' | 'opensPerSecond' | 'cpuPerReceived') {
  return ({ all }: RunsBySize) => median(all.map(run => run[what]))
}

/** The middle of each process's own quantile: one stall of the machine is not everybody's. */
function inbound(share: number) {
  return ({ all }: RunsBySize) => median(all.map(run => quantile(run.inbound, share)))
}

export function sum(runs: RunsBySize): Integrity {
  return total([...runs.few, ...runs.all])
}

/** What all these processes sent, got and lost. */
export function total(runs: { integrity: Integrity }[]): Integrity {
  const total: Integrity = { sent: 0, decrypted: 0, said: 0, delivered: 0, troubles: [] }
  for (const { integrity } of runs) {
    total.sent += integrity.sent
    total.decrypted += integrity.decrypted
    total.said += integrity.said
    total.delivered += integrity.delivered
    total.troubles.push(...integrity.troubles)
  }
  return total
}

/** The table for people, with the integrity of both below. */
export function table(title: string, rows: Row[], integrity: Record<'manager' | 'plain', Integrity>): string {
  const head = ['', 'manager', 'plain', 'ratio', 'target', '']
  const cells = rows.map(({ name, unit, manager, plain, ratio, target, verdict }) => [
    name,
    quantity(manager, unit),
    Number.isNaN(plain) ? '' : quantity(plain, unit),
    Number.isNaN(ratio) ? '' : `${ratio.toFixed(2)}x`,
    target ?? '',
    verdict ?? '',
  ])
  const widths = head.map((text, i) => Math.max(text.length, ...cells.map(row => row[i]!.length)))
  const line = (row: string[]) =>
    row
      .map((text, i) => (i === 0 || i === 5 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)))
      .join('  ')
      .trimEnd()
  const rule = '─'.repeat(widths.reduce((a, b) => a + b + 2, -2))
  const noise = rows.some(({ verdict }) => verdict === 'noise')
    ? ['noise: processes of the same size differ by more than this; more sessions or rounds tell']
    : []
  const totals = Object.entries(integrity).map(([name, count]) => `${name.padEnd(8)} ${sentence(count)}`)
  return [title, rule, line(head), ...cells.map(line), rule, ...noise, ...totals].join('\n')
}

function quantity(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return unit === '' ? value.toFixed(digits) : `${value.toFixed(digits)} ${unit}`
}

function sentence({ sent, decrypted, said, delivered, troubles }: Integrity): string {
  const good = troubles.length === 0 ? 'nothing lost, nothing twice' : `${troubles.length} TROUBLES`
  return `sent and acked ${sent}, decrypted ${decrypted}; said ${said}, delivered ${delivered}: ${good}`
}
