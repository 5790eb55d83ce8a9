import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'

/** What the middleware leaves for every handler. */
export interface HttpEnv {
  /** Node's own request and response; absent under `app.request()`. */
  Bindings: Partial<HttpBindings>
  Variables: {
    requestId: string
    /** When the request came in, before its body was read. */
    arrival: number
  }
}

export type HttpContext = Context<HttpEnv>
