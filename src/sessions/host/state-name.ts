import type { StateValue } from 'xstate'
import type { SessionState } from '../../ports/session-queries.ts'

/** `{ awaitingQr: { shown: 'ready' } }` -> `awaitingQr.shown.ready`. */
export function dottedState(value: StateValue): string {
  if (typeof value === 'string') return value
  const [[name, rest] = ['', undefined]] = Object.entries(value)
  return rest === undefined ? name : `${name}.${dottedState(rest)}`
}

/** `awaitingQr.shown.ready` -> `{ awaitingQr: { shown: 'ready' } }`. */
export function stateValue(dotted: string): StateValue {
  const dot = dotted.indexOf('.')
  return dot === -1 ? dotted : { [dotted.slice(0, dot)]: stateValue(dotted.slice(dot + 1)) }
}

/** The machine's state and what stands below it. */
export function splitState(dotted: string): { state: SessionState; detail: string | null } {
  const dot = dotted.indexOf('.')
  const state = dot === -1 ? dotted : dotted.slice(0, dot)
  return { state: state as SessionState, detail: dot === -1 ? null : dotted.slice(dot + 1) }
}
