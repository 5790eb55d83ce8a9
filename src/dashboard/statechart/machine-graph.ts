import { type DirectedGraphEdge, type DirectedGraphNode, toDirectedGraph } from 'xstate/graph'

export type Machine = Parameters<typeof toDirectedGraph>[0]

/** A state of a machine, as it is drawn. */
export interface ChartState {
  /** Dotted, as the log has it (`awaitingQr.shown.ready`); '' is the machine itself. */
  path: string
  key: string
  /** What is said of it in one line, if the machine says something. */
  description: string | null
  tags: readonly string[]
  /** Where it begins; null for a state without others inside. */
  initial: string | null
  states: ChartState[]
}

/** A transition of a machine; each stands in the list once. */
export interface ChartTransition {
  from: string
  /** Null: nothing is left, whatever its actions remember. */
  to: string | null
  /** In the words of the machine; a timer is `after backoff`. */
  event: string
  guard: string | null
  actions: string[]
}

export interface Chart {
  root: ChartState
  transitions: ChartTransition[]
}

const pathOf = (id: string) => id.split('.').slice(1).join('.')

const nameOf = (named: unknown): string =>
  typeof named === 'object' && named !== null && 'type' in named ? String(named.type) : String(named)

/** `xstate.after.backoff.session.reconnecting.waiting` -> `after backoff`; other events are called as they are. */
export const eventWords = (event: string): string => event.replace(/^xstate\.after\.([^.]+)\..*$/, 'after $1')

/** `after backoff [isDueToLaravel]`, with the reader's word for `after`. */
export function transitionWords(
  { event, guard }: Pick<ChartTransition, 'event' | 'guard'>,
  after = 'after {timer}',
): string {
  const words = event.replace(/^after (.*)$/, (_, timer) => after.replace('{timer}', timer))
  return guard === null ? words : `${words} [${guard}]`
}

/** What a machine is made of, as plain data. */
export function chartOf(machine: Machine): Chart {
  const transitions: ChartTransition[] = []
  const read = ({ stateNode, children, edges }: DirectedGraphNode): ChartState => {
    transitions.push(...edges.map(toTransition))
    return {
      path: pathOf(stateNode.id),
      key: stateNode.key,
      description: stateNode.description ?? null,
      tags: stateNode.tags,
      initial: children.length === 0 ? null : pathOf(stateNode.initial.target[0]!.id),
      states: children.map(read),
    }
  }
  return { root: read(toDirectedGraph(machine)), transitions }
}

function toTransition({ source, target, transition }: DirectedGraphEdge): ChartTransition {
  return {
    from: pathOf(source.id),
    to: transition.target === undefined ? null : pathOf(target.id),
    event: eventWords(transition.eventType),
    guard: transition.guard === undefined ? null : nameOf(transition.guard),
    actions: transition.actions.map(nameOf),
  }
}

/** A state and all that is inside of it, as it stands in the machine. */
export const statesIn = (state: ChartState): ChartState[] => [state, ...state.states.flatMap(statesIn)]
