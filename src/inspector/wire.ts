import type {
  StatelyActorEvent,
  StatelyEventEvent,
  StatelyInspectionEvent,
  StatelySnapshotEvent,
} from '@statelyai/inspect'
import type { AnyActorRef, InspectionEvent } from 'xstate'
import type { RunningCharts } from '../ports/inspection.ts'
import { definitionOf } from './definition.ts'

/** The version of `@statelyai/inspect` whose messages these are. */
export const WIRE_VERSION = '0.7.2'

type Shows = Pick<RunningCharts, 'showEvent' | 'showSnapshot'>

/**
 * Writes what XState tells an inspector in the wire format of `@statelyai/inspect` (its `convertXStateEvent`), with what may be seen of
 * it. XState's session ids (`x:7`) are unique in a process, and begin anew with it. `now`: ms since the epoch.
 */
export class Wire {
  readonly #shows: Shows
  readonly #now: () => number
  #last = 0

  constructor(shows: Shows, now: () => number) {
    this.#shows = shows
    this.#now = now
  }

  /** `name`: what the viewer calls the actor; `snapshot`: what it is at, undefined while it is being made. */
  actor(name: string, actor: AnyActorRef, root: AnyActorRef, snapshot?: unknown): StatelyActorEvent {
    return {
      type: '@xstate.actor',
      name,
      definition: definitionOf(actor, name),
      parentId: actor._parent?.sessionId,
      snapshot: this.#shows.showSnapshot(snapshot as never),
      ...this.#base(actor, root),
    }
  }

  snapshot(actor: AnyActorRef, root: AnyActorRef, event: object, snapshot: unknown): StatelySnapshotEvent {
    return {
      type: '@xstate.snapshot',
      event: this.#shows.showEvent(event as never),
      snapshot: this.#shows.showSnapshot(snapshot as never) as never,
      ...this.#base(actor, root),
    }
  }

  /** Null for what the wire format does not have: microsteps and actions. */
  live(name: string, root: AnyActorRef, inspected: InspectionEvent): StatelyInspectionEvent | null {
    const actor = inspected.actorRef as AnyActorRef
    if (inspected.type === '@xstate.actor') return this.actor(`${name}.${actor.id}`, actor, root)
    if (inspected.type === '@xstate.snapshot')
      return this.snapshot(actor, root, inspected.event, inspected.snapshot)
    if (inspected.type !== '@xstate.event') return null
    return {
      type: '@xstate.event',
      event: this.#shows.showEvent(inspected.event),
      sourceId: inspected.sourceRef?.sessionId,
      ...this.#base(actor, root),
    } satisfies StatelyEventEvent
  }

  #base(actor: AnyActorRef, root: AnyActorRef) {
    return {
      sessionId: actor.sessionId,
      rootId: root.sessionId,
      createdAt: String(this.#now()),
      id: String(++this.#last),
      _version: WIRE_VERSION,
    }
  }
}
