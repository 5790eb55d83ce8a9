import { stat } from 'node:fs/promises'
import { Hono } from 'hono'
import { z } from 'zod'
import { DUAL_MEDIA } from '../content/dual-media.ts'
import { MEDIA_KINDS, type MediaContent, mediaOf } from '../content/media.ts'
import { VIEW_ONCE } from '../content/view-once.ts'
import { MAX_MEDIA_BYTES } from '../media/host.ts'
import type { Sayable } from '../phones/send.ts'
import type { Simulator } from '../simulator.ts'
import { About, Addressing, At, body, Chat, defined, Pn, pnOf } from './requests.ts'
import { Sealing, sealOptions } from './sealed.ts'

/** The most that comes inside a request, in bytes; larger files are named by path. */
const MAX_INLINE_BYTES = 16 * 1024 * 1024

const Media = z
  .strictObject({
    kind: z.enum(MEDIA_KINDS),
    base64: z.base64().optional(),
    path: z.string().min(1).optional(),
    mimetype: z.string().optional(),
    caption: z.string().optional(),
    filename: z.string().optional(),
    ptt: z.boolean().optional(),
    seconds: z.int().min(0).optional(),
    waveform: z.base64().optional(),
    viewOnce: z.literal(true).optional(),
  })
  .refine(({ base64, path }) => (base64 === undefined) !== (path === undefined), 'either base64 or path')
const Poll = z.strictObject({
  name: z.string(),
  options: z.array(z.string()).min(1),
  selectable: z.int().min(0).optional(),
})
const Event = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  /** Seconds since 1970. */
  startTime: z.int().optional(),
})
const Say = z
  .strictObject({
    to: Chat,
    text: z.string().optional(),
    media: Media.optional(),
    poll: Poll.optional(),
    event: Event.optional(),
    raw: z.base64().optional(),
    addressing: Addressing.optional(),
    at: At.optional(),
    id: z.string().min(1).optional(),
    unavailable: z.union([z.literal(true), z.string().min(1)]).optional(),
    viewOnce: z.enum(VIEW_ONCE).optional(),
    parentOf: z.enum(DUAL_MEDIA).optional(),
    childOf: z.strictObject({ id: z.string().min(1), as: z.enum([...DUAL_MEDIA, 'album']) }).optional(),
    stanzaType: z.string().optional(),
    meta: z.record(z.string(), z.string()).optional(),
    name: z.string().optional(),
  })
  .refine(
    ({ text, media, poll, event, raw }) =>
      [text, media, poll, event, raw].filter(part => part !== undefined).length === 1,
    'one of text, media, poll, event and raw',
  )
const Sealed = { ...Sealing, sealed: z.boolean().optional() }
const Edit = z.strictObject({ ...About, ...Sealed, text: z.string() })
const Revoke = z.strictObject(About)
const React = z.strictObject({ ...About, ...Sealed, emoji: z.string() })
const Vote = z.strictObject({ ...About, ...Sealing, answers: z.array(z.string()) })
const Show = z.strictObject({
  to: Pn,
  state: z.enum(['available', 'unavailable', 'composing', 'recording', 'paused']),
})
const Id = z.strictObject({ id: z.string() })

/** What contacts say, change, see and send receipts for, over HTTP. */
export function chatRoutes(simulator: Simulator): Hono {
  const app = new Hono()
  app.post('/contacts/:pn/say', async c => {
    const { to, text, media, poll, event, raw, name, ...about } = await body(c, Say)
    const contact = simulator.contact(pnOf(c), { ...(name && { name }) })
    const content: Sayable =
      text ??
      (raw === undefined ? undefined : { raw: Buffer.from(raw, 'base64') }) ??
      (media ? await fileOf(media) : event ? { eventMessage: defined(event) } : { poll: defined(poll!) })
    return c.json(await contact.say(to, content, defined(about)))
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

async function fileOf({
  kind,
  base64,
  path,
  waveform,
  ...about
}: z.output<typeof Media>): Promise<MediaContent> {
  const bytes = base64 === undefined ? undefined : Buffer.from(base64, 'base64')
  const size = bytes?.length ?? (await stat(path!)).size
  const most = bytes ? MAX_INLINE_BYTES : MAX_MEDIA_BYTES
  if (size > most) throw new Error(`${size} bytes are more than ${most}`)
  const voice = waveform === undefined ? {} : { waveform: Buffer.from(waveform, 'base64') }
  return { [kind]: bytes ?? path!, ...defined(about), ...voice } as MediaContent
}
