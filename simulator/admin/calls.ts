import { Hono } from 'hono'
import { z } from 'zod'
import type { Simulator } from '../simulator.ts'
import { body, Chat, Pn, pnOf } from './requests.ts'

const Ring = z.strictObject({
  to: Chat,
  video: z.boolean().optional(),
  addressing: z.enum(['pn', 'lid']).optional(),
  device: z.int().min(0).max(99).optional(),
  notice: z.boolean().optional(),
  silenced: z.boolean().optional(),
  anonymous: z.boolean().optional(),
})
const End = z.strictObject({
  reason: z.enum(['timeout', 'accepted_elsewhere', 'rejected_elsewhere', 'group_call_ended']).optional(),
})
const Picture = z.strictObject({
  to: Pn,
  removed: z.boolean().optional(),
  addressing: z.enum(['pn', 'lid']).optional(),
})

/** Calls, and what contacts change of themselves, over HTTP. */
export function callRoutes(simulator: Simulator): Hono {
  const app = new Hono()
  app.post('/contacts/:pn/call', async c => {
    const { to, ...options } = await body(c, Ring)
    return c.json({ id: simulator.contact(pnOf(c)).call(to, options).id })
  })
  app.get('/calls', c =>
    c.json(
      simulator.calls.map(({ id, caller, callees, video, state, ringsOn }) => ({
        id,
        from: caller.pn,
        to: callees.map(({ pn }) => pn),
        video,
        state,
        ringsOn: [...ringsOn],
      })),
    ),
  )
  app.post('/calls/:id/end', async c => {
    const call = simulator.calls.find(({ id }) => id === c.req.param('id'))
    if (!call) return c.json({ error: `no call ${c.req.param('id')}` }, 404)
    call.end((await body(c, End)).reason)
    return c.body(null, 204)
  })
  app.post('/contacts/:pn/picture', async c => {
    const { to, ...options } = await body(c, Picture)
    return c.json({ id: simulator.contact(pnOf(c)).changePicture(to, options) })
  })
  return app
}
