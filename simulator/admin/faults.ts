import { Hono } from 'hono'
import { z } from 'zod'
import { ON_CONNECTION } from '../faults.ts'
import type { Simulator } from '../simulator.ts'
import { body, Pn, pnOf, Times } from './requests.ts'

const kinds = Object.keys(ON_CONNECTION) as [keyof typeof ON_CONNECTION, ...(keyof typeof ON_CONNECTION)[]]
const Kind = z.enum(kinds)
const Often = Times.default(1)
const NewFault = z.strictObject({
  kind: Kind,
  device: z.string().optional(),
  account: Pn.optional(),
  for: z.number().positive().optional(),
  status: z.int().min(300).max(599).optional(),
})
const ErrorAcks = z.strictObject({ code: z.string(), times: Often, backoff: z.int().positive().optional() })
const QueryFaults = z.strictObject({
  fault: z.union([z.enum(['unanswered', 'omitted']), z.strictObject({ error: z.string() })]),
  times: Often,
})
const DropAcks = z.strictObject({ times: Often })

/** What goes wrong on connections, and with the acks of an account's sends, over HTTP. */
export function faultRoutes(simulator: Simulator): Hono {
  const app = new Hono()
  app.post('/faults', async c => {
    const { kind, device, account, status, ...rest } = await body(c, NewFault)
    const selection = { ...(device && { device }), ...(account && { account }), ...(status && { status }) }
    return c.json({
      struck: await simulator.fault({ kind, ...selection, ...(rest.for && { for: rest.for }) }),
    })
  })
  app.delete('/faults', async c => {
    await simulator.heal(Kind.optional().parse(c.req.query('kind')))
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
