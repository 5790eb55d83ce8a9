import { Hono } from 'hono'
import { z } from 'zod'
import type { ChangeOptions, GroupChange } from '../groups/changes.ts'
import type { Simulator } from '../simulator.ts'
import { body, GroupJid, Pn } from './requests.ts'

const NewGroup = z.strictObject({
  subject: z.string(),
  members: z.array(Pn).min(1),
  addressing: z.enum(['pn', 'lid']).optional(),
})

const people = z.array(Pn).min(1)
const Change = z.union([
  z.strictObject({
    add: people,
    reason: z.enum(['invite', 'accept', 'auto_add', 'linked_group_join']).optional(),
  }),
  z.strictObject({ remove: people, reason: z.string().optional() }),
  z.strictObject({ promote: people }),
  z.strictObject({ demote: people }),
  z.strictObject({ subject: z.string() }),
  z.strictObject({ description: z.string().nullable() }),
  z.strictObject({
    setting: z.string().min(1),
    attributes: z.record(z.string(), z.string()).optional(),
    words: z.string().optional(),
  }),
  z.strictObject({ asks: Pn, method: z.string().optional() }),
  z.strictObject({ revokes: Pn }),
  z.strictObject({ newNumber: Pn }),
  z.strictObject({ wishes: z.literal(true) }),
  z.strictObject({ create: z.literal(true) }),
  z.strictObject({ delete: z.literal(true) }),
])
const Changes = z.strictObject({
  changes: z.array(Change).min(1),
  author: Pn.optional(),
  numbers: z.boolean().optional(),
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
  app.post('/groups/:jid/changes', async c => {
    const { changes, ...options } = await body(c, Changes)
    const jid = GroupJid.parse(c.req.param('jid'))
    return c.json({ id: simulator.changeGroup(jid, changes as GroupChange[], options as ChangeOptions) })
  })
  app.post('/groups/:jid/dirty', c => {
    simulator.dirtyGroup(GroupJid.parse(c.req.param('jid')))
    return c.body(null, 204)
  })
  return app
}
