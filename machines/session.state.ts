import type { StateValue } from 'xstate'
import type { EstadoQr } from './facts.ts'
import type { SessionContext } from './session.context.ts'
import type { SessionTag } from './session.guards.ts'
import { sessionMachine } from './session.machine.ts'

/** `{ awaitingQr: { shown: 'ready' } }` -> `awaitingQr.shown.ready`, as the log and the store keep it. */
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

/** The five states that the API names. */
export type TopState = 'starting' | 'awaitingQr' | 'open' | 'reconnecting' | 'loggedOut'

/** The machine's state and what stands below it. */
export function splitState(dotted: string): { state: TopState; detail: string | null } {
  const dot = dotted.indexOf('.')
  const state = (dot === -1 ? dotted : dotted.slice(0, dot)) as TopState
  return { state, detail: dot === -1 ? null : dotted.slice(dot + 1) }
}

interface Node {
  states: Record<string, Node>
  tags: readonly string[]
  description: string | undefined
}

/** The nodes of the chart on the way to a state, outermost first; what the chart no longer has is left out. */
function nodesOf(dotted: string): Node[] {
  const nodes: Node[] = []
  let node: Node | undefined = sessionMachine.root as unknown as Node
  for (const name of dotted.split('.')) {
    node = node?.states[name]
    if (node) nodes.push(node)
  }
  return nodes
}

/** Whether the chart has this state. */
export const isState = (dotted: string): boolean => nodesOf(dotted).length === dotted.split('.').length

/** Whether the chart gives a state this tag. */
export const hasTag = (dotted: string, tag: SessionTag): boolean =>
  nodesOf(dotted).some(({ tags }) => tags.includes(tag))

/** The line that a state has in the process' log, and whether it is a warning; null for a state that the chart does not have. */
export function lineOf(dotted: string): { sentence: string; warns: boolean } | null {
  const sentence = nodesOf(dotted).findLast(({ description }) => description !== undefined)?.description
  return sentence === undefined ? null : { sentence, warns: hasTag(dotted, 'needsAttention') }
}

/** What Laravel must know of a session in this state. An outage that it was told of ends with an open or a new link, not with each try. */
export function estadoQrOf(
  dotted: string,
  { linked, outage }: Pick<SessionContext, 'linked' | 'outage'>,
): EstadoQr {
  if (hasTag(dotted, 'inactive')) return 'inactive'
  if (hasTag(dotted, 'awaitsScan')) return 'pending'
  if (outage?.told) return 'inactive'
  return linked || hasTag(dotted, 'open') ? 'active' : 'pending'
}
