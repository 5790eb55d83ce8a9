import { Hono } from 'hono'
import { z } from 'zod'
import type { Simulator } from '../simulator.ts'
import { mediaLine } from './chats.ts'
import { body, Pn, pnOf } from './requests.ts'

const LONGEST_WAIT_MS = 60_000

const Settings = z.strictObject({
  name: z.string().optional(),
  autoRead: z.boolean().optional(),
  autoDelivered: z.boolean().optional(),
  username: z.string().max(35).nullable().optional(),
  hidesNumber: z.boolean().optional(),
  migrated: z.boolean().optional(),
})
const NewNumber = z.strictObject({ to: Pn, lid: z.boolean().optional() })
const Forget = z.strictObject({ of: Pn })

/** What contacts got, and how they treat it, over HTTP. */
export function contactRoutes(simulator: Simulator): Hono {
  const app = new Hono()
  app.get('/contacts/:pn/inbox', async c => {
    const { inbox } = simulator.contact(pnOf(c))
    const since = Number(c.req.query('since') ?? 0)
    if (inbox.length <= since)
      await nextMessage(simulator, pnOf(c), Math.min(Number(c.req.query('wait') ?? 0), LONGEST_WAIT_MS))
    return c.json(inbox.slice(since).map(({ message, ...line }) => ({ ...line, ...mediaLine(message) })))
  })
  app.get('/contacts/:pn/receipts', c => c.json(simulator.contact(pnOf(c)).receipts))
  app.patch('/contacts/:pn', async c => {
    const { name, autoRead, autoDelivered, username, hidesNumber, migrated } = await body(c, Settings)
    const contact = simulator.contact(pnOf(c), { ...(name && { name }) })
    if (autoRead !== undefined) contact.autoRead = autoRead
    if (autoDelivered !== undefined) contact.autoDelivered = autoDelivered
    if (username !== undefined) contact.account.username = username ?? undefined
    if (hidesNumber !== undefined) contact.account.hidesNumber = hidesNumber
    if (migrated !== undefined) contact.account.migrated = migrated
    return c.body(null, 204)
  })
  app.post('/contacts/:pn/lid', c => {
    simulator.changeLid(pnOf(c))
    return c.json({ lid: simulator.contact(pnOf(c)).account.lid })
  })
  app.post('/contacts/:pn/number', async c => {
    const { to, lid = false } = await body(c, NewNumber)
    simulator.changeNumber(pnOf(c), to, { lid })
    return c.json({ pn: to, lid: simulator.contact(to).account.lid })
  })
  app.post('/contacts/:pn/forget', async c => {
    await simulator.contact(pnOf(c)).forgetSessions((await body(c, Forget)).of)
    return c.body(null, 204)
  })
  return app
}

/** Resolves when a contact gets a message, or after so many ms. */
function nextMessage(simulator: Simulator, pn: string, waitMs: number): Promise<void> {
  if (!waitMs) return Promise.resolve()
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      simulator.off('message', look)
      resolve()
    }
    const look = ({ contact }: { contact: string }) => {
      if (contact === pn) done()
    }
    const timer = setTimeout(done, waitMs)
    simulator.on('message', look)
  })
}
