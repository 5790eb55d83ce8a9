import type { AnyEventObject, AnyMachineSnapshot } from 'xstate'
import type { SessionFact } from '../../../machines/facts.ts'
import type { SessionContext } from '../../../machines/session.context.ts'
import type { SupervisorContext, SupervisorEvent } from '../../../machines/supervisor.setup.ts'
import type { ShownSnapshot } from '../../ports/inspection.ts'
import { pick } from './plain.ts'

type FieldsOf<Event> = Event extends unknown ? Exclude<keyof Event, 'type'> : never

/**
 * What may be seen of events and contexts, field by field: what is new is withheld until it stands here, and the types say so. Facts
 * hold no secret, because they go into the log.
 */
const EVENT_FIELDS = {
  type: true,
  at: true,
  cause: true,
  code: true,
  codeRefused: true,
  error: true,
  expiresAt: true,
  hash: true,
  imported: true,
  lid: true,
  perMinute: true,
  pausedUntil: true,
  phoneNumber: true,
  policy: true,
  pushName: true,
  reaction: true,
  reason: true,
  reasonText: true,
  replaces: true,
  said: true,
  sendsWait: true,
  sessionId: true,
  told: { estadoQr: true, at: true },
  until: true,
  why: true,
  userId: true,
  waId: true,
  entry: { sessionId: true },
  stack: false,
  was: { state: true, publishing: true, tracked: true },
  is: { state: true, publishing: true, tracked: true },
} as const satisfies Record<FieldsOf<SessionFact> | FieldsOf<SupervisorEvent> | 'type', unknown>

/** XState's own: `xstate.init`, `xstate.done.actor.…`, `xstate.error.actor.…`. */
const XSTATE_FIELDS = {
  input: { sessionId: true, userId: true, at: true, phoneNumber: true, hash: true },
  actorId: true,
} as const

const CONTEXT_FIELDS = {
  sessionId: true,
  userId: true,
  createdAt: true,
  startedAt: true,
  phoneNumber: true,
  intent: true,
  linked: true,
  waId: true,
  lid: true,
  pushName: true,
  attempts: true,
  loginFailures: true,
  restarts: true,
  connectingAt: true,
  openedAt: true,
  retryAt: true,
  outage: { since: true, rests: true, told: true },
  reason: true,
  reasonText: true,
  archiveUntil: true,
  qr: {
    current: { hash: true, expiresAt: true },
    published: { hash: true, at: true },
    lastPublishedAt: true,
    unclear: true,
    askAt: true,
  },
  passkey: { expiresAt: true },
  reachOutLock: { at: true, until: true },
  slowdown: { at: true, perMinute: true, until: true, pausedUntil: true },
  live: true,
  counts: true,
  crashes: true,
  returns: true,
} as const satisfies Record<keyof SessionContext | keyof SupervisorContext, unknown>

const EVENT = { ...EVENT_FIELDS, ...XSTATE_FIELDS }

/** An event as others may see it. */
export function showEvent(event: AnyEventObject): AnyEventObject {
  // A whole session, with its socket and all: its name is enough.
  const sessionId = event.entry?.actor?.sessionId
  const told = sessionId === undefined ? event : { ...event, entry: { sessionId } }
  return pick(EVENT, told) as AnyEventObject
}

/** What an actor is at, as others may see it. */
export function showSnapshot(snapshot: Partial<AnyMachineSnapshot> | undefined): ShownSnapshot {
  const { status = 'active', value, context, tags, children, output, error } = snapshot ?? {}
  const ids = Object.keys(children ?? {}).filter(id => children?.[id] !== undefined)
  return {
    status,
    ...(value !== undefined && { value }),
    ...(context !== undefined && { context: pick(CONTEXT_FIELDS, context) }),
    ...(tags !== undefined && { tags: [...tags] }),
    // As XState itself writes a reference to an actor.
    ...(children !== undefined && {
      children: Object.fromEntries(ids.map(id => [id, { xstate$$type: 1, id }])),
    }),
    ...(output !== undefined && { output: pick(true, output) }),
    ...(error !== undefined && { error: pick(true, error) }),
  }
}
