import { Hono } from 'hono'
import { z } from 'zod'
import { mediaOf } from '../content/media.ts'
import type { Simulator } from '../simulator.ts'
import { About, Addressing, body, Chat, defined, Pn, pnOf } from './requests.ts'
import { Say, sayableOf } from './sayable.ts'
import { Sealing, sealOptions } from './sealed.ts'

const Sealed = { ...Sealing, sealed: z.boolean().optional() }
const Edit = z.strictObject({ ...About, ...Sealed, text: z.string() })
const Revoke = z.strictObject(About)
const React = z.strictObject({ ...About, ...Sealed, emoji: z.string() })
const Vote = z.strictObject({ ...About, ...Sealing, answers: z.array(z.string()) })
const Show = z.strictObject({
  to: Pn,
  state: z.enum(['available', 'unavailable', 'composing', 'recording', 'paused']),
})
const Disappear = z.strictObject({
  to: Chat,
  /** Seconds; 0 lets messages stay. */
  expiration: z.int().min(0),
  untold: z.boolean().optional(),
  addressing: Addressing.optional(),
})
const Id = z.strictObject({ id: z.string() })

/** What contacts say, change, see and send receipts for, over HTTP. */
export function chatRoutes(simulator: Simulator): Hono {
  const app = new Hono()
  app.post('/contacts/:pn/say', async c => {
    const { to, name, ...given } = await body(c, Say)
    const contact = simulator.contact(pnOf(c), { ...(name && { name }) })
    const { content, about } = await sayableOf(given)
    return c.json(await contact.say(to, content, about))
  })
  app.post('/contacts/:pn/disappear', async c => {
    const { to, expiration, ...how } = await body(c, Disappear)
    await simulator.contact(pnOf(c)).disappear(to, expiration, defined(how))
    return c.body(null, 204)
  })
  app.post('/contacts/:pn/edit', async c => {
    const { to, id, text, sealed, ...how } = await body(c, Edit)
    const contact = simulator.contact(pnOf(c))
    return c.json(await (sealed ? contact.sealed : contact).edit(to, id, text, sealOptions(how)))
  })
  app.post('/contacts/:pn/revoke', async c => {
    const { to, id } = await body(c, Revoke)
    return c.json(await simulator.contact(pnOf(c)).revoke(to, id))
  })
  app.post('/contacts/:pn/react', async c => {
    const { to, id, emoji, sealed, ...how } = await body(c, React)
    const contact = simulator.contact(pnOf(c))
    return c.json(await (sealed ? contact.sealed : contact).react(to, id, emoji, sealOptions(how)))
  })
  app.post('/contacts/:pn/vote', async c => {
    const { to, id, answers, ...how } = await body(c, Vote)
    return c.json(await simulator.contact(pnOf(c)).vote(to, id, answers, sealOptions(how)))
  })
  app.get('/contacts/:pn/view', c => {
    const seen = simulator.contact(pnOf(c)).view(Chat.parse(c.req.query('chat')))
    return c.json([...seen.values()].map(({ message, ...line }) => ({ ...line, ...mediaLine(message) })))
  })
  app.get('/contacts/:pn/media/:id', async c => {
    const contact = simulator.contact(pnOf(c))
    const message = contact.inbox.findLast(({ id }) => id === c.req.param('id'))
    if (!message) return c.json({ error: `no message ${c.req.param('id')}` }, 404)
    const file = await contact.download(message)
    return c.body(new Uint8Array(file), 200, { 'content-type': 'application/octet-stream' })
  })
  app.post('/contacts/:pn/read', async c => {
    simulator.contact(pnOf(c)).read((await body(c, Id)).id)
    return c.body(null, 204)
  })
  app.post('/contacts/:pn/played', async c => {
    simulator.contact(pnOf(c)).played((await body(c, Id)).id)
    return c.body(null, 204)
  })
  app.post('/contacts/:pn/token', async c => {
    simulator.contact(pnOf(c)).giveToken((await body(c, z.strictObject({ to: Pn }))).to)
    return c.body(null, 204)
  })
  app.post('/contacts/:pn/presence', async c => {
    const { to, state } = await body(c, Show)
    simulator.contact(pnOf(c)).showPresence(to, state)
    return c.body(null, 204)
  })
  app.get('/contacts/:pn/presences', c => c.json(simulator.contact(pnOf(c)).presences))
  return app
}

/** What is told of a message's file, if it has one. */
export function mediaLine(message: Parameters<typeof mediaOf>[0]) {
  const part = mediaOf(message)
  return (
    part && { media: { kind: part.kind, mimetype: part.media.mimetype, size: Number(part.media.fileLength) } }
  )
}
