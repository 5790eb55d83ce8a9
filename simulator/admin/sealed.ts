import { Hono } from 'hono'
import { z } from 'zod'
import { EVENT_ANSWERS } from '../content/sealed-messages.ts'
import type { SealOptions } from '../phones/sealed/sealed-actions.ts'
import type { Simulator } from '../simulator.ts'
import { About, Addressing, At, body, defined, pnOf } from './requests.ts'

const Spoilt = z.strictObject({
  ivBytes: z.int().min(1).max(64).optional(),
  wrongSecret: z.boolean().optional(),
  tampered: z.boolean().optional(),
})
/** How a message is sealed and sent. */
export const Sealing = {
  addressing: Addressing.optional(),
  at: At.optional(),
  authorAs: Addressing.optional(),
  sealedAs: Addressing.optional(),
  spoilt: Spoilt.optional(),
  forged: z.boolean().optional(),
  type: z.int().optional(),
}
const Comment = z.strictObject({ ...About, ...Sealing, text: z.string() })
const Answer = z.strictObject({ ...About, ...Sealing, response: z.enum(EVENT_ANSWERS) })
const EditEvent = z.strictObject({
  ...About,
  ...Sealing,
  name: z.string(),
  description: z.string().optional(),
})
const EditPoll = z.strictObject({
  ...About,
  ...Sealing,
  name: z.string(),
  options: z.array(z.string()).min(1),
})
const AddOption = z.strictObject({
  ...About,
  ...Sealing,
  option: z.string(),
  asEdit: z.boolean().optional(),
})

/** What contacts add to messages under their secrets, over HTTP; edits and reactions may be sealed, too (chats.ts). */
export function sealedRoutes(simulator: Simulator): Hono {
  const app = new Hono()
  app.post('/contacts/:pn/comment', async c => {
    const { to, id, text, ...how } = await body(c, Comment)
    return c.json(await simulator.contact(pnOf(c)).sealed.comment(to, id, text, sealOptions(how)))
  })
  app.post('/contacts/:pn/answer', async c => {
    const { to, id, response, ...how } = await body(c, Answer)
    return c.json(await simulator.contact(pnOf(c)).sealed.answer(to, id, response, sealOptions(how)))
  })
  app.post('/contacts/:pn/edit-event', async c => {
    const { to, id, name, description, ...how } = await body(c, EditEvent)
    const event = { name, ...(description !== undefined && { description }) }
    return c.json(await simulator.contact(pnOf(c)).sealed.editEvent(to, id, event, sealOptions(how)))
  })
  app.post('/contacts/:pn/edit-poll', async c => {
    const { to, id, name, options, ...how } = await body(c, EditPoll)
    const poll = { poll: { name, options } }
    return c.json(await simulator.contact(pnOf(c)).sealed.editPoll(to, id, poll, sealOptions(how)))
  })
  app.post('/contacts/:pn/add-option', async c => {
    const { to, id, option, asEdit, ...how } = await body(c, AddOption)
    const options = { ...sealOptions(how), ...(asEdit && { asEdit }) }
    return c.json(await simulator.contact(pnOf(c)).sealed.addOption(to, id, option, options))
  })
  return app
}

/** The options of a request, without what it left out. */
export function sealOptions({ spoilt, ...how }: z.output<z.ZodObject<typeof Sealing>>): SealOptions {
  return { ...defined(how), ...(spoilt && { spoilt: defined(spoilt) }) }
}
