import { Hono } from 'hono'
import { z } from 'zod'
import { CODE_ANSWERS, OPTIONS_SENT, PASSKEY_IQS } from '../accounts/passkey.ts'
import type { Simulator } from '../simulator.ts'
import { body, pnOf } from './requests.ts'

const Demand = z
  .strictObject({
    told: z.enum(OPTIONS_SENT),
    answered: z.enum(OPTIONS_SENT),
    refused: z.array(z.enum(PASSKEY_IQS)),
    unanswered: z.array(z.enum(PASSKEY_IQS)),
    continues: z.boolean(),
    code: z.enum(CODE_ANSWERS),
  })
  .partial()
const Assert = z.strictObject({
  options: z.looseObject({ challenge: z.string(), rpId: z.string().optional() }),
  origin: z.string().optional(),
})
const Code = z.strictObject({ same: z.boolean() })

/** Passkeys that WhatsApp demands before it links a device, and what their owners do, over HTTP. */
export function passkeyRoutes(simulator: Simulator): Hono {
  const app = new Hono()
  app.get('/phones/:pn/passkey', c => c.json(simulator.phone(pnOf(c)).passkey.progress))
  app.post('/phones/:pn/passkey', async c => {
    simulator.phone(pnOf(c)).demandPasskey((await body(c, Demand)) as never)
    return c.body(null, 204)
  })
  app.delete('/phones/:pn/passkey', c => {
    simulator.phone(pnOf(c)).demandPasskey(null)
    return c.body(null, 204)
  })
  app.post('/phones/:pn/passkey/ask', c => {
    simulator.phone(pnOf(c)).passkey.ask()
    return c.body(null, 204)
  })
  app.post('/phones/:pn/passkey/assert', async c => {
    const { options, origin } = await body(c, Assert)
    return c.json(simulator.phone(pnOf(c)).assertPasskey(options, origin))
  })
  app.post('/phones/:pn/passkey/same-code', async c => {
    simulator.phone(pnOf(c)).passkey.answerCode((await body(c, Code)).same)
    return c.body(null, 204)
  })
  return app
}
