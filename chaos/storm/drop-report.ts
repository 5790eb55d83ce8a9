import type { DropOutcome } from './drop-run.ts'

/** The slowest hundredth of the answers may take so long, in ms. */
const P99_MS = 250

interface Line {
  name: string
  value: string
  /** Null if it is only told. */
  isRight: boolean | null
}

/** What was seen, and whether it is what it must be. */
export function linesOf(outcome: DropOutcome): Line[] {
  const { sessions, perSecond, mostInASecond, connects, away, suspended, backMs, answers, qrs } = outcome
  const p99 = quantile(answers, 0.99)
  const line = (name: string, value: string | number, isRight: boolean | null = null): Line => ({
    ...{ name, value: String(value), isRight },
  })
  return [
    line('sessions dropped at once', sessions),
    line('connects', connects),
    line(`most connects within a second, of ${perSecond}`, mostInASecond, mostInASecond <= perSecond),
    line('not back', away.length, away.length === 0),
    line('suspended', suspended, suspended === 0),
    line('QRs asked of anybody', qrs, qrs === 0),
    line('all back after, s', (backMs / 1000).toFixed(1)),
    line('answers of GET /health/live', answers.length, answers.length > 0),
    line('without an answer', outcome.unanswered, outcome.unanswered === 0),
    line('p50, ms', quantile(answers, 0.5).toFixed(1)),
    line(`p99, ms, under ${P99_MS}`, p99.toFixed(1), p99 < P99_MS),
    line('slowest, ms', quantile(answers, 1).toFixed(1)),
  ]
}

export function dropTable(title: string, lines: Line[]): string {
  const width = Math.max(...lines.map(({ name }) => name.length))
  const rows = lines.map(({ name, value, isRight }) => {
    const verdict = isRight === null ? '' : isRight ? '  ok' : '  WRONG'
    return `  ${name.padEnd(width)}  ${value.padStart(8)}${verdict}`
  })
  const rule = '─'.repeat(width + 18)
  return [title, rule, ...rows, rule].join('\n')
}

export const isRight = (lines: Line[]): boolean => lines.every(line => line.isRight !== false)

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}
