import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { RequestCause } from '../base/causes.ts'
import type { Visitor } from '../ports/dashboard/dashboard.ts'
import type { Viewing } from '../ports/inspection.ts'

/** What the middleware leaves for every handler. */
export interface HttpEnv {
  /** Node's own request and response; absent under `app.request()`. */
  Bindings: Partial<HttpBindings>
  Variables: {
    requestId: string
    /** What the log names as the cause of what the request sets off. */
    cause: RequestCause
    /** When the request came in, before its body was read. */
    arrival: number
    /** Who asks. */
    visitor: Visitor
    /** Of a login: whether it goes on, for what outlasts its request. */
    stillAllowed?: () => Promise<boolean>
    /** Of who looks on at sessions of another node: opens what that one shows. */
    look?: () => Promise<Viewing>
  }
}

export type HttpContext = Context<HttpEnv>

/** From now on the log says that this request is about that session. */
export function isAbout(c: HttpContext, sessionId: string): string {
  c.get('cause').sessionId = sessionId
  return sessionId
}
