import type { AnyActorRef, AnyEventObject, AnyMachineSnapshot } from 'xstate'

/** Who hears of the sessions' actors that run. */
export interface ChartWatcher {
  /** This XState actor runs a session now, in the place of the one before if there was one; it has not begun yet, or has long since. */
  began(sessionId: string, root: AnyActorRef): void
  /** Nothing runs under this session id any more. */
  ended(sessionId: string): void
}

/** The statecharts that run here, as memory has them: they may be ahead of the log. */
export interface RunningCharts {
  readonly supervisor: AnyActorRef
  /** Tells of every session that runs, and from then on of each that comes, crashes or goes; null ends that. */
  watch(watcher: ChartWatcher | null): void
  /** An event as others may see it: plain, small, and without what is nobody's business. */
  showEvent(event: AnyEventObject): AnyEventObject
  /** The same of what an actor is at: plain JSON. */
  showSnapshot(snapshot: Partial<AnyMachineSnapshot> | undefined): ShownSnapshot
}

export interface ShownSnapshot {
  status: 'active' | 'done' | 'error' | 'stopped'
  value?: unknown
  context?: unknown
  tags?: string[]
  children?: Record<string, unknown>
  output?: unknown
  error?: unknown
}

/** One who looks on. */
export interface Viewing {
  /** Messages as JSON texts: first what runs, then what happens; null when nothing did for a while. Ends when the viewer is let go. */
  readonly messages: AsyncIterable<string | null>
  /** Aborted when no more comes: `reason` says why, in a few words. */
  readonly gone: AbortSignal
  /** The viewer looks no more. */
  end(): void
}

/** What the inspector of Stately shows of the supervisor and of sessions, for viewers, in the wire format of `@statelyai/inspect`. */
export interface Inspector {
  /** Shows the sessions of these ids, or for null the supervisor and as many sessions as fit. Throws TOO_MANY_REQUESTS. */
  open(sessionIds: readonly string[] | null): Promise<Viewing>
  /** Lets every viewer go; nobody is shown anything any more. */
  stop(): void
}
