import type { OutageFigures } from './scenarios.ts'

/** What a drain must reach: five times as fast as messages came, with an event loop that is never held for long. */
export const TARGETS = { timesFaster: 5, holdMs: 50, poisonLoss: 0.1 }

export interface OutageRow {
  queue: string
  messages: number
  lanes: number
  /** Messages that came in a second. */
  came: number
  figures: OutageFigures
}

/** Deliveries per second of the lanes without poison. */
export interface PoisonRow {
  queue: string
  none: number
  one: number
  five: number
}

/** The tables for people. */
export function drainTables(title: string, outages: OutageRow[], poisons: PoisonRow[]): string {
  const head = [
    'queue',
    'messages',
    'lanes',
    'per second',
    'times as fast',
    'seconds',
    'CPU ms each',
    'held ms, away',
    'held ms, drain',
    'requests away',
    '',
  ]
  const rows = outages.map(row => [
    row.queue,
    `${row.messages}`,
    `${row.lanes}`,
    row.figures.perSecond.toFixed(0),
    (row.figures.perSecond / row.came).toFixed(1),
    row.figures.seconds.toFixed(1),
    row.figures.cpuPerDelivery.toFixed(2),
    held(row.figures.away),
    held(row.figures.drain),
    `${row.figures.requestsAway}`,
    verdict(row),
  ])
  const poisonHead = ['queue', 'no poison', '1 % poison', '5 % poison', '']
  const poisonRows = poisons.map(row => [
    row.queue,
    row.none.toFixed(0),
    ...[row.one, row.five].map(rate => `${rate.toFixed(0)} (${percent(rate, row.none)})`),
    Math.min(row.one, row.five) >= row.none * (1 - TARGETS.poisonLoss) ? 'ok' : 'over',
  ])
  const troubles = outages.flatMap(({ queue, figures }) =>
    figures.troubles.map(trouble => `${queue}: ${trouble}`),
  )
  return [
    title,
    '',
    'Laravel was away and is back; held: CPU of the main thread between two ticks (wall clock)',
    ...columns([head, ...rows]),
    '',
    'Deliveries a second of the lanes without poison',
    ...columns([poisonHead, ...poisonRows]),
    '',
    troubles.length === 0 ? 'All messages were taken, once each and in order.' : troubles.join('\n'),
  ].join('\n')
}

const held = ({ cpu, wall }: { cpu: number; wall: number }) => `${cpu.toFixed(0)} (${wall.toFixed(0)})`
const percent = (rate: number, of: number) =>
  `${rate >= of ? '+' : ''}${(((rate - of) / of) * 100).toFixed(0)} %`

/** By the CPU of the thread: a machine that does other things holds everybody. */
export function verdict({ figures, came }: OutageRow): 'ok' | 'over' {
  const fast = figures.perSecond >= TARGETS.timesFaster * came
  return fast && Math.max(figures.away.cpu, figures.drain.cpu) < TARGETS.holdMs ? 'ok' : 'over'
}

function columns(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  )
}
