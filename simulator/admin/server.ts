import type { AddressInfo } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import type { Address, Simulator } from '../simulator.ts'
import { callRoutes } from './calls.ts'
import { chatRoutes } from './chats.ts'
import { contactRoutes } from './contacts.ts'
import { faultRoutes } from './faults.ts'
import { groupRoutes } from './groups.ts'
import { mediaRoutes } from './media.ts'
import { passkeyRoutes } from './passkeys.ts'
import { phoneRoutes } from './phones.ts'
import { sealedRoutes } from './sealed.ts'

/** A file in base64, and what is around it. */
const MAX_BODY_BYTES = 24 * 1024 * 1024

/**
 * The simulator over HTTP, for another process: phones, contacts, faults and the ledger as JSON. A bad request is 400, a scan or
 * send that cannot be done is 409; both say why in `error`.
 */
export function adminRoutes(simulator: Simulator, address: Address): Hono {
  const app = new Hono()
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: c => c.json({ error: 'too large' }, 413) }))
  app.onError((error, c) => {
    const bad = error instanceof z.ZodError || error instanceof SyntaxError
    return c.json(
      { error: error instanceof z.ZodError ? z.prettifyError(error) : error.message },
      bad ? 400 : 409,
    )
  })
  app.notFound(c => c.json({ error: `nothing at ${c.req.method} ${c.req.path}` }, 404))

  app.get('/', c => c.json({ ...address, counters: simulator.counters }))
  for (const routes of [
    phoneRoutes,
    passkeyRoutes,
    contactRoutes,
    chatRoutes,
    sealedRoutes,
    callRoutes,
    groupRoutes,
    mediaRoutes,
    faultRoutes,
  ])
    app.route('/', routes(simulator))
  app.get('/unacked', c => c.json(simulator.unacked))
  app.get('/ledger', c => c.json(simulator.ledger))
  app.delete('/ledger', c => {
    simulator.ledger.clear()
    return c.body(null, 204)
  })
  return app
}

/** Serves the admin API on 127.0.0.1; port 0 takes a free one. */
export async function listenAdmin(simulator: Simulator, address: Address, port = 0) {
  const app = adminRoutes(simulator, address)
  const server = await new Promise<ServerType>((resolve, reject) => {
    const started = serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, () => resolve(started))
    started.once('error', reject)
  })
  // A pooled client would otherwise meet node's five-second idle close in the middle of a request.
  if ('keepAliveTimeout' in server) server.keepAliveTimeout = 120_000
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
    },
  }
}
