import type { SoakFigures, SoakOutcome } from './soak.ts'

export interface SoakRow {
  name: string
  before: number
  after: number
  unit: string
  /** after / before. */
  ratio: number
  /** Null: told, not judged. */
  verdict: 'ok' | 'over' | null
}

const MB = 1024 * 1024

/** Before and after, each judged: memory and CPU may have grown by so many per cent, files not at all. */
export function rowsOf({ before, after }: SoakOutcome, percent: number): SoakRow[] {
  const row = (name: string, unit: string, of: (figures: SoakFigures) => number, most: number | null) => {
    const [was, is] = [of(before), of(after)]
    const verdict = most === null ? null : is <= was * most ? 'ok' : 'over'
    return { name, unit, before: was, after: is, ratio: is / was, verdict } as const
  }
  const limit = 1 + percent / 100
  return [
    row('RSS', 'MB', ({ rss }) => rss / MB, limit),
    row('heap', 'MB', ({ heap }) => heap / MB, null),
    row('CPU per sent message', 'ms', ({ cpuPerSent }) => cpuPerSent, limit),
    row('open files', '', ({ fds }) => fds, 1),
  ]
}

export function soakTable(title: string, rows: SoakRow[], percent: number): string {
  const lines = rows.map(({ name, unit, before, after, ratio, verdict }) => {
    const [was, is] = [before, after].map(value => value.toFixed(unit === '' ? 0 : 2).padStart(10))
    return `  ${name.padEnd(22)}${was}${is} ${unit.padEnd(3)}${ratio.toFixed(3).padStart(8)}x  ${verdict ?? ''}`
  })
  const rule = '─'.repeat(62)
  const head = `  ${''.padEnd(22)}${'before'.padStart(10)}${'after'.padStart(10)}`
  const demand = `  at most ${percent} % more memory and CPU, not one open file more`
  return [title, rule, head, ...lines, rule, demand].join('\n')
}
