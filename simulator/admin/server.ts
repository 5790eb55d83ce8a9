import type { AddressInfo } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import { BufferJSON } from '@whiskeysockets/baileys'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import type { Device } from '../accounts/account.ts'
import { ON_CONNECTION } from '../faults.ts'
import type { Address, Simulator } from '../simulator.ts'
import { chatRoutes, mediaLine } from './chats.ts'
import { mediaRoutes } from './media.ts'
import { body, Pn, pnOf, Times } from './requests.ts'

/** A file in base64, and what is around it. */
const MAX_BODY_BYTES = 24 * 1024 * 1024

const kinds = Object.keys(ON_CONNECTION) as [keyof typeof ON_CONNECTION, ...(keyof typeof ON_CONNECTION)[]]
const Kind = z.enum(kinds)
const Often = Times.default(1)
const Scan = z.strictObject({ qr: z.string(), name: z.string().optional() })
const Unlink = z.strictObject({ device: z.string().optional() })
const Code = z.strictObject({ code: z.string().min(1), name: z.string().optional() })
const PhoneSettings = z.strictObject({ reuploads: z.enum(['answered', 'not-found', 'ignored']) })
const NewGroup = z.strictObject({
  subject: z.string(),
  members: z.array(Pn).min(1),
  addressing: z.enum(['pn', 'lid']).optional(),
})
const Settings = z.strictObject({
  name: z.string().optional(),
  autoRead: z.boolean().optional(),
  autoDelivered: z.boolean().optional(),
})
const FaultBody = z.strictObject({
  kind: Kind,
  device: z.string().optional(),
  account: Pn.optional(),
  for: z.number().positive().optional(),
  status: z.int().min(300).max(599).optional(),
})
const Enroll = z.strictObject({ pn: Pn, name: z.string().optional() })
const ErrorAcks = z.strictObject({ code: z.string(), times: Often })
const DropAcks = z.strictObject({ times: Often })

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
  app.get('/devices', c => c.json(simulator.devices.map(show)))

  app.get('/phones/:pn', c => {
    const { account, contact, devices } = simulator.phone(pnOf(c))
    const { pn, lid, name } = account
    return c.json({ pn, lid, name, devices: devices.map(show), copies: contact.copies })
  })
  app.post('/phones/:pn/scan', async c => {
    const { qr, name } = await body(c, Scan)
    return c.json(show(await simulator.phone(pnOf(c), { ...(name && { name }) }).scan(qr)))
  })
  app.post('/phones/:pn/code', async c => {
    const { code, name } = await body(c, Code)
    return c.json(show(await simulator.phone(pnOf(c), { ...(name && { name }) }).enterCode(code)))
  })
  app.patch('/phones/:pn', async c => {
    simulator.phone(pnOf(c)).reuploads = (await body(c, PhoneSettings)).reuploads
    return c.body(null, 204)
  })
  app.post('/phones/:pn/unlink', async c => {
    const { device } = await body(c, Unlink)
    const phone = simulator.phone(pnOf(c))
    const meant = phone.devices.filter(({ jid }) => !device || jid === device)
    for (const one of meant) phone.unlink(one)
    return c.json({ unlinked: meant.map(({ jid }) => jid) })
  })

  app.get('/contacts/:pn/inbox', async c => {
    const { inbox } = simulator.contact(pnOf(c))
    const since = Number(c.req.query('since') ?? 0)
    if (inbox.length <= since)
      await arrival(simulator, pnOf(c), Math.min(Number(c.req.query('wait') ?? 0), 60_000))
    return c.json(inbox.slice(since).map(({ message, ...line }) => ({ ...line, ...mediaLine(message) })))
  })
  app.get('/contacts/:pn/receipts', c => c.json(simulator.contact(pnOf(c)).receipts))
  app.patch('/contacts/:pn', async c => {
    const { name, autoRead, autoDelivered } = await body(c, Settings)
    const contact = simulator.contact(pnOf(c), { ...(name && { name }) })
    if (autoRead !== undefined) contact.autoRead = autoRead
    if (autoDelivered !== undefined) contact.autoDelivered = autoDelivered
    return c.body(null, 204)
  })
  app.post('/contacts/:pn/forget', async c => {
    await simulator.contact(pnOf(c)).forgetSessions((await body(c, z.strictObject({ of: Pn }))).of)
    return c.body(null, 204)
  })

  app.route('/', chatRoutes(simulator))
  app.route('/', mediaRoutes(simulator))

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

  app.post('/accounts/:pn/error-acks', async c => {
    const { code, times } = await body(c, ErrorAcks)
    simulator.errorAck(pnOf(c), code, times)
    return c.body(null, 204)
  })
  app.post('/accounts/:pn/drop-acks', async c => {
    simulator.dropAck(pnOf(c), (await body(c, DropAcks)).times)
    return c.body(null, 204)
  })
  app.post('/enroll', async c => {
    const { pn, name } = await body(c, Enroll)
    const { creds, device } = await simulator.enroll(pn, { ...(name && { name }) })
    return c.body(JSON.stringify({ device: show(device), creds }, BufferJSON.replacer), 200, {
      'content-type': 'application/json',
    })
  })

  app.post('/faults', async c => {
    const { kind, device, account, status, ...rest } = await body(c, FaultBody)
    const selection = { ...(device && { device }), ...(account && { account }), ...(status && { status }) }
    return c.json({
      struck: await simulator.fault({ kind, ...selection, ...(rest.for && { for: rest.for }) }),
    })
  })
  app.delete('/faults', async c => {
    await simulator.heal(Kind.optional().parse(c.req.query('kind')))
    return c.body(null, 204)
  })

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

function show({ jid, lidJid, online, logins, pending, noiseKey, preKeys }: Device) {
  return { jid, lid: lidJid, online, logins, pending, noiseKey, preKeys: preKeys.length }
}

function arrival(simulator: Simulator, pn: string, waitMs: number): Promise<void> {
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
