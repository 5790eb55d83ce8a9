import { styleText } from 'node:util'
import type { Check, CheckReport } from '../../ports/laravel-check.ts'

const MARKS = {
  passed: ['✔', 'green'],
  warning: ['▲', 'yellow'],
  unclear: ['?', 'cyan'],
  failed: ['✖', 'red'],
} as const

type Style = (format: Parameters<typeof styleText>[0], text: string) => string

/** The report for a terminal: a line for each check, below it what mends it, and the sum of it all. */
export function reportTable({ ok, address, checks }: CheckReport, colors: boolean): string {
  const style: Style = (format, text) => (colors ? styleText(format, text, { validateStream: false }) : text)
  const width = Math.max(...checks.map(({ subject }) => subject.length))
  const lines = checks.flatMap(check => linesOf(check, width, style))
  const title = address === null ? 'Laravel' : `Laravel at ${address}`
  return ['', style('bold', title), '', ...lines, '', sumOf(ok, checks, style), ''].join('\n')
}

function linesOf({ subject, result, status, message, mend }: Check, width: number, style: Style): string[] {
  const [mark, color] = MARKS[result]
  // A 404 is what is hoped for where nothing is wrong.
  const isNews = status !== null && result !== 'passed' && !message.includes(String(status))
  const line = `  ${style(color, mark)} ${subject.padEnd(width)}  ${message}${isNews ? ` (${status})` : ''}`
  return mend === null ? [line] : [line, `${' '.repeat(width + 6)}${style(color, '→')} ${mend}`]
}

function sumOf(ok: boolean, checks: Check[], style: Style): string {
  const count = (result: Check['result']) => checks.filter(check => check.result === result).length
  const [failed, unclear, warnings] = [count('failed'), count('unclear'), count('warning')]
  if (!ok)
    return style('red', `  ${failed === 1 ? 'One thing' : `${failed} things`} to mend, then ask again.`)
  const rest = [
    ...(warnings > 0 ? [`${warnings} to look at`] : []),
    ...(unclear > 0 ? [`${unclear} that only a delivery will tell`] : []),
  ]
  return style('green', `  Laravel is ready for deliveries${rest.length > 0 ? `; ${rest.join(', ')}` : ''}.`)
}
