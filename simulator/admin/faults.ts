import { Hono } from 'hono'
import { z } from 'zod'
import { checkFault, checkKind, listFaults } from '../faults/schema.ts'
import type { Simulator } from '../simulator.ts'
import { body, pnOf, Times } from './requests.ts'

const Often = Times.default(1)
const ErrorAcks = z.strictObject({ code: z.string(), times: Often, backoff: z.int().positive().optional() })
const QueryFaults = z.strictObject({
  fault: z.union([z.enum(['unanswered', 'omitted']), z.strictObject({ error: z.string() })]),
  times: Often,
})
const DropAcks = z.strictObject({ times: Often })

/** What goes wrong on connections, and with the acks of an account's sends, over HTTP. */
export function faultRoutes(simulator: Simulator): Hono {
  const app = new Hono()
  app.get('/faults', c => c.json({ seed: simulator.seed, waiting: simulator.faults, kinds: listFaults() }))
  app.post('/faults', async c => {
    const fault = checkFault(await body(c, z.unknown()))
    return c.json({ struck: await simulator.fault(fault) })
  })
  app.delete('/faults', async c => {
    const kind = c.req.query('kind')
    await simulator.heal(kind === undefined ? undefined : checkKind(kind))
    return c.body(null, 204)
  })
  app.post('/accounts/:pn/error-acks', async c => {
    const { code, times, backoff } = await body(c, ErrorAcks)
    simulator.errorAck(pnOf(c), code, times, backoff)
    return c.body(null, 204)
  })
  app.post('/accounts/:pn/drop-acks', async c => {
    simulator.dropAck(pnOf(c), (await body(c, DropAcks)).times)
    return c.body(null, 204)
  })
  app.post('/accounts/:pn/contact-queries', async c => {
    const { fault, times } = await body(c, QueryFaults)
    simulator.failQuery(pnOf(c), fault, times)
    return c.body(null, 204)
  })
  return app
}
