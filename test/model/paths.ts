import {
  type AnyStateNode,
  type EventFrom,
  getInitialSnapshot,
  getNextSnapshot,
  type SnapshotFrom,
  type StateValue,
} from 'xstate'
import { adjacencyMapToArray, createTestModel } from 'xstate/graph'
import { believesNo } from './model-context.ts'
import { sessionModel } from './session.model.ts'

export type Snapshot = SnapshotFrom<typeof sessionModel>
export type Event = EventFrom<typeof sessionModel>
export interface Step {
  state: Snapshot
  event: Event
}

export interface Path {
  steps: Step[]
  /** The transitions of the steps. */
  keys: string[]
}

export const dotted = (snapshot: Snapshot): string => dottedValue(snapshot.value)

function dottedValue(value: StateValue): string {
  if (typeof value === 'string') return value
  return Object.entries(value)
    .map(([name, below]) => `${name}.${dottedValue(below as StateValue)}`)
    .join(' ')
}

/** What decides about the future of a session; the rest of the context only counts. */
const identity = (snapshot: Snapshot): string => {
  const state = dotted(snapshot)
  const { link, owes, reason, throttled, held, down, outdated } = snapshot.context
  const isNew = link === 'none' && !state.startsWith('absent')
  const asksLaravel = state === 'open.settled' || (state.startsWith('starting') && isNew && !throttled)
  return [
    state,
    // What is owed is owed alike by who was open and who was not yet.
    owes === 'none' ? link : owes,
    state.includes('suspended') ? reason : '',
    isNew && throttled ? 'throttled' : '',
    held ? 'held' : '',
    down ? 'down' : '',
    outdated ? 'outdated' : '',
    asksLaravel && !believesNo(snapshot.context) ? 'knows better' : '',
  ].join(' ')
}

export const model = createTestModel(sessionModel, {
  serializeState: identity,
  serializeTransition: () => '',
  filterEvents: (state, event) => state.can(event),
})

/** A state of the model, an event, and where that leads. */
const key = (from: Snapshot, { type }: Event) => `${identity(from)} -- ${type}`

export const transitions = adjacencyMapToArray(model.getAdjacencyMap()).map(({ state, event }) =>
  key(state, event),
)

/** Every state without states below, dotted. */
export const states = leavesOf(sessionModel.root).sort()

function leavesOf(node: AnyStateNode): string[] {
  const below = Object.values(node.states)
  return below.length === 0 ? [node.path.join('.')] : below.flatMap(leavesOf)
}

/**
 * Paths over the model from its beginning, each step to the nearest transition that no path has made yet; a path ends after
 * `length` steps, or when nothing new can be reached. `getShortestPaths` would begin anew for each transition.
 */
export function planPaths(length: number): Path[] {
  const left = new Set(transitions)
  const paths: Path[] = []
  while (left.size > 0) {
    const before = left.size
    const path: Path = { steps: [], keys: [] }
    for (let from = initial; path.steps.length < length; ) {
      const way = nearest(from, left)
      if (way === null) break
      for (const step of way) {
        const done = key(from, step.event)
        path.keys.push(done)
        left.delete(done)
        path.steps.push(step)
        from = step.state
      }
    }
    if (left.size === before) throw new Error(`no path reaches ${[...left].join(', ')}`)
    paths.push(path)
  }
  return paths
}

export const initial: Snapshot = getInitialSnapshot(sessionModel)

function nearest(from: Snapshot, wanted: Set<string>): Step[] | null {
  const seen = new Set([identity(from)])
  const queue: { state: Snapshot; way: Step[] }[] = [{ state: from, way: [] }]
  let found: Step[] | null = null
  for (const { state, way } of queue) {
    if (found !== null && way.length >= found.length) break
    for (const type of eventsOf(state)) {
      const event = { type } as Event
      if (!state.can(event)) continue
      const step = { event, state: getNextSnapshot(sessionModel, state, event) }
      const id = identity(step.state)
      if (wanted.has(key(state, event))) {
        // What changes nothing first: who has left must come back.
        if (id === identity(state)) return [...way, step]
        found ??= [...way, step]
      }
      if (seen.has(id)) continue
      seen.add(id)
      queue.push({ state: step.state, way: [...way, step] })
    }
  }
  return found
}

const eventsOf = (state: Snapshot) => new Set(state._nodes.flatMap(node => node.ownEvents))
