import { type BinaryNode, BufferJSON } from '@whiskeysockets/baileys'
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import type { Device } from '../accounts/account.ts'
import type { Phone } from '../phones/phone.ts'
import type { Simulator } from '../simulator.ts'
import { deviceLine } from './devices.ts'
import { body, Pn, pnOf } from './requests.ts'

/** What stands beside a QR or a code in the answers of whoever shows it; they can be handed on as they are. */
const beside = { success: z.boolean().optional(), expires_at: z.string().optional() }
const Scan = z.strictObject({ qr: z.string(), name: z.string().optional(), ...beside })
const Code = z.strictObject({ code: z.string().min(1), name: z.string().optional(), ...beside })
const Forms = z.array(z.enum(['companion_reg_refresh', 'pair-device-rotate-qr']).nullable())
const Settings = z.strictObject({
  disappearing: z.int().min(0).optional(),
  reuploads: z.enum(['answered', 'not-found', 'ignored']).optional(),
  firstContacts: z
    .strictObject({ strict: z.boolean(), salt: z.base64(), saltBy: z.enum(['history', 'app-state']) })
    .partial()
    .optional(),
  linking: z
    .strictObject({
      onScan: Forms,
      onCode: Forms,
      onFinish: Forms,
      codeErrors: z.array(z.enum(['bad-request', 'feature-not-available', 'rate-overlimit', 'forbidden'])),
      faults: z.array(z.enum(['hmac', 'signature', 'incomplete', 'early-success'])),
    })
    .partial()
    .optional(),
})
/** Children, or text; what must have an id and a sender gets none by itself. */
const Stanza: z.ZodType<BinaryNode> = z.strictObject({
  tag: z.string(),
  attrs: z.record(z.string(), z.string()),
  get content() {
    return z.union([z.array(Stanza), z.string()]).optional()
  },
}) as never
const Unlink = z.strictObject({ device: z.string().optional() })
const Enroll = z.strictObject({ pn: Pn, name: z.string().optional() })

/** Phones that link devices and unlink them, over HTTP. */
export function phoneRoutes(simulator: Simulator): Hono {
  const app = new Hono()
  app.get('/devices', c => c.json(simulator.devices.map(deviceLine)))
  app.get('/phones/:pn', c => {
    const { account, contact, devices, alerts } = simulator.phone(pnOf(c))
    const { pn, lid, name } = account
    return c.json({ pn, lid, name, devices: devices.map(deviceLine), alerts, copies: contact.copies })
  })
  app.post('/phones/:pn/scan', async c => {
    const { qr, name } = await body(c, Scan)
    return link(c, simulator.phone(pnOf(c), { ...(name && { name }) }), phone => phone.scan(qr))
  })
  app.post('/phones/:pn/code', async c => {
    const { code, name } = await body(c, Code)
    return link(c, simulator.phone(pnOf(c), { ...(name && { name }) }), phone => phone.enterCode(code))
  })
  app.patch('/phones/:pn', async c => {
    const { reuploads, firstContacts, linking, disappearing } = await body(c, Settings)
    const phone = simulator.phone(pnOf(c))
    if (reuploads) phone.reuploads = reuploads
    const { salt, ...demands } = firstContacts ?? {}
    Object.assign(phone.firstContacts, demands, salt && { salt: Buffer.from(salt, 'base64') })
    Object.assign(phone.linking, linking)
    if (disappearing !== undefined) phone.disappearing = disappearing
    return c.body(null, 204)
  })
  app.post('/phones/:pn/stanza', async c => {
    simulator.push(pnOf(c), await body(c, Stanza))
    return c.body(null, 204)
  })
  app.post('/phones/:pn/migrate', async c => {
    await simulator.phone(pnOf(c)).migrate()
    return c.body(null, 204)
  })
  app.post('/phones/:pn/unlink', async c => {
    const { device } = await body(c, Unlink)
    const phone = simulator.phone(pnOf(c))
    const meant = phone.devices.filter(({ jid }) => !device || jid === device)
    for (const one of meant) phone.unlink(one)
    return c.json({ unlinked: meant.map(({ jid }) => jid) })
  })
  app.post('/enroll', async c => {
    const { pn, name } = await body(c, Enroll)
    const { creds, device } = await simulator.enroll(pn, { ...(name && { name }) })
    return c.body(JSON.stringify({ device: deviceLine(device), creds }, BufferJSON.replacer), 200, {
      'content-type': 'application/json',
    })
  })
  return app
}

/** Answers with the linked device, or with 202 as soon as a passkey is demanded: that takes as long as its owner. */
async function link(c: Context, phone: Phone, begin: (phone: Phone) => Promise<Device>) {
  const asked = phone.passkeyAsked()
  const linking = begin(phone)
  const device = await Promise.race([linking, asked.promise]).finally(asked.stop)
  if (device) return c.json(deviceLine(device))
  linking.catch(() => {})
  return c.json(phone.passkey.progress, 202)
}
