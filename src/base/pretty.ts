import { prettyFactory } from 'pino-pretty'

type Line = Record<string, unknown>

/** Shown elsewhere in the line, or of use to a search alone. */
const ELSEWHERE = new Set(['level', 'time', 'msg', 'part', 'session_id', 'err'])

/**
 * Makes lines for people of the JSON of the log: time, level, whose session it is, the sentence, then what stands beside it as
 * `name=value`; an error's stack stands below. `colors`: for a terminal.
 */
export function prettyLines(colors: boolean): (line: string) => string {
  return prettyFactory({
    colorize: colors,
    // The sentence has the terminal's own colour: what is beside it steps back.
    customColors: 'message:reset,info:green,warn:yellow,error:red,fatal:bgRed,debug:blue,trace:gray',
    translateTime: 'SYS:HH:MM:ss',
    hideObject: true,
    messageFormat: (given, key, _, { colors: paint }) => {
      const line = given as Line
      const session = line.session_id === undefined ? '' : `${paint.cyan(String(line.session_id))} `
      const beside = Object.entries(line).flatMap(([name, value]) =>
        ELSEWHERE.has(name) || value === undefined ? [] : [`${name}=${shown(value)}`],
      )
      const about = beside.length === 0 ? '' : ` ${paint.gray(beside.join(' '))}`
      return `${session}${String(line[key])}${about}${belowOf(line.err)}`
    },
  })
}

/** A word as it is, all else as JSON. */
function shown(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value) ?? String(value)
  return /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value)
}

function belowOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  const { name, message, stack } = error as Record<string, unknown>
  return `\n    ${String(stack ?? `${name}: ${message}`).replaceAll('\n', '\n    ')}`
}
