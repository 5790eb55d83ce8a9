import { Hono } from 'hono'
import { z } from 'zod'
import type { Simulator } from '../simulator.ts'
import { body, Pn } from './requests.ts'

const NewGroup = z.strictObject({
  subject: z.string(),
  members: z.array(Pn).min(1),
  addressing: z.enum(['pn', 'lid']).optional(),
})

/** Groups over HTTP. */
export function groupRoutes(simulator: Simulator): Hono {
  const app = new Hono()
  app.get('/groups', c =>
    c.json(
      simulator.groups.map(({ jid, subject, addressing, members }) => ({
        jid,
        subject,
        addressing,
        members,
      })),
    ),
  )
  app.post('/groups', async c => {
    const { subject, members, addressing } = await body(c, NewGroup)
    return c.json({ jid: simulator.group(subject, members, addressing && { addressing }).jid })
  })
  return app
}
