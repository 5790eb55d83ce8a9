import { CONTENDERS, type ContenderName } from './contenders/contender.ts'
import type { Integrity } from './figures.ts'
import type { Row } from './rows.ts'

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

const TITLES: Record<ContenderName, string> = {
  manager: 'manager',
  redis: 'with Redis',
  postgres: 'PostgreSQL',
  traced: 'traced',
  careful: 'careful loop',
  plain: 'L',
}

const LEGEND = [
  'whole process trees, all threads, receipts and what waits for company included; medians of the rounds; ratio: manager / L',
  'L: unmodified Baileys sockets in a loop, all in memory, told without HTTP; careful loop: keys and messages in SQLite first, HTTP',
]

/** The table for people, with the integrity of all below. */
export function table(
  title: string,
  rows: Row[],
  integrity: Partial<Record<ContenderName, Integrity>>,
): string {
  const contenders = CONTENDERS.filter(name => rows.some(({ values }) => values[name] !== undefined))
  const head = ['', ...contenders.map(name => TITLES[name]), 'ratio', 'target', '']
  const cells = rows.map(({ name, unit, values, ratio, target, verdict }) => [
    name,
    ...contenders.map(contender => quantity(values[contender], unit)),
    !Number.isFinite(ratio) ? '' : `${ratio.toFixed(2)}x`,
    target ?? '',
    verdict ?? '',
  ])
  const widths = head.map((text, i) => Math.max(text.length, ...cells.map(row => row[i]!.length)))
  const last = head.length - 1
  const line = (row: string[]) =>
    row
      .map((text, i) => (i === 0 || i === last ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)))
      .join('  ')
      .trimEnd()
  const rule = '─'.repeat(widths.reduce((a, b) => a + b + 2, -2))
  const noise = rows.some(({ verdict }) => verdict === 'noise')
    ? ['noise: processes of the same size differ by more than this; more sessions or rounds tell']
    : []
  const totals = Object.entries(integrity).map(([name, count]) => `${name.padEnd(8)} ${sentence(count)}`)
  return [title, rule, line(head), ...cells.map(line), rule, ...LEGEND, ...noise, ...totals].join('\n')
}

function quantity(value: number | undefined, unit: string): string {
  if (value === undefined) return ''
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return unit === '' ? value.toFixed(digits) : `${value.toFixed(digits)} ${unit}`
}

function sentence({ sent, decrypted, said, delivered, troubles }: Integrity): string {
  const good = troubles.length === 0 ? 'nothing lost, nothing twice' : `${troubles.length} TROUBLES`
  return `sent and acked ${sent}, decrypted ${decrypted}; said ${said}, delivered ${delivered}: ${good}`
}
