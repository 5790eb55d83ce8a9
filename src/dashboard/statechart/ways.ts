import { type Chart, type ChartTransition, eventWords } from './machine-graph.ts'
import { arrowId, initialId, nameId, stateId } from './to-dot.ts'

/** What of a drawn chart is lit: ids of its elements. */
export interface Lit {
  /** The state itself. */
  here: string[]
  /** Those around it. */
  around: string[]
  /** Where the last step came from. */
  before: string[]
  /** The arrows of the last step. */
  last: string[]
  /** The arrows that lead on. */
  ways: string[]
}

/** `awaitingQr.shown.ready` -> itself, `awaitingQr.shown`, `awaitingQr`, and '' for the machine. */
export function lineage(path: string): string[] {
  const parts = path.split('.')
  return [...parts.map((_, i) => parts.slice(0, parts.length - i).join('.')), '']
}

/**
 * The transitions that a fact may have taken from one state to another: which of several of the innermost state is for guards to say,
 * that nobody asks again.
 */
export function takenBy(
  chart: Chart,
  step: { from: string; state: string; type: string },
): ChartTransition[] {
  const event = eventWords(step.type)
  const targets = lineage(step.state)
  const fits = chart.transitions.filter(
    one => isFor(one.event, event) && one.to !== null && targets.includes(one.to),
  )
  for (const source of lineage(step.from)) {
    const taken = fits.filter(({ from }) => from === source)
    if (taken.length > 0) return taken
  }
  return []
}

const isFor = (wanted: string, event: string) =>
  wanted === event || (wanted.endsWith('.*') && event.startsWith(wanted.slice(0, -1)))

/** What is to be lit for a state, and for the step that led there; `from` is null for the first fact. */
export function litFor(chart: Chart, step: { from: string | null; state: string; type: string }): Lit {
  const { from, state } = step
  const all = lineage(state).slice(0, -1)
  const taken = from === null ? [] : takenBy(chart, { from, state, type: step.type })
  // Whoever enters a state with others inside goes on to where it begins.
  const entered = all
    .slice(1)
    .filter(path => taken.some(({ to }) => path === to || path.startsWith(`${to}.`)))
  return {
    here: [stateId(state)],
    around: all.slice(1).flatMap(path => [stateId(path), nameId(path)]),
    before: from === null || from === state ? [] : [stateId(from)],
    last: unique([
      ...taken.filter(one => one.from !== '').map(one => arrowId(one.from, one.to!)),
      ...entered.map(initialId),
    ]),
    ways: unique(
      chart.transitions
        .filter(({ from, to }) => from !== '' && to !== null && all.includes(from))
        .map(({ from, to }) => arrowId(from, to!)),
    ),
  }
}

const unique = (ids: string[]) => [...new Set(ids)]
