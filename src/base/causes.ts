import { AsyncLocalStorage } from 'node:async_hooks'

/** A caller's request; `sessionId` once it is known which session it is about. */
export interface RequestCause {
  readonly requestId: string
  sessionId: string | null
}

/** A connection of a session. */
export interface ConnectionCause {
  readonly sessionId: string
  /** Set once it has ended: what it leaves behind must not end the next one. */
  ended: boolean
}

const causes = new AsyncLocalStorage<RequestCause | ConnectionCause | undefined>()

const isRequest = (cause: RequestCause | ConnectionCause): cause is RequestCause => 'requestId' in cause

/** Runs work whose promises, events and timers are caused by a request or a connection from then on; of a request no timers are. */
export const causedBy = <T>(cause: RequestCause | ConnectionCause, work: () => T): T =>
  causes.run(cause, work)

/** Runs work that nobody in particular has caused: a queue that many share. */
export const causedByNobody = <T>(work: () => T): T => causes.run(undefined, work)

/** The request on whose behalf something runs. */
export function causingRequest(): RequestCause | undefined {
  const cause = causes.getStore()
  return cause !== undefined && isRequest(cause) ? cause : undefined
}

/** The connection to which something belongs. */
export function causingConnection(): ConnectionCause | undefined {
  const cause = causes.getStore()
  return cause !== undefined && !isRequest(cause) ? cause : undefined
}

/** What a line of the log says of its cause. */
export function causeFields(): { request_id?: string; session_id?: string } {
  const cause = causes.getStore()
  if (cause === undefined) return {}
  if (!isRequest(cause)) return { session_id: cause.sessionId }
  const { requestId, sessionId } = cause
  return { request_id: requestId, ...(sessionId !== null && { session_id: sessionId }) }
}
