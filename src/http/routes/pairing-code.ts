import { Hono } from 'hono'
import type { z } from 'zod'
import { GatewayError } from '../../base/errors.ts'
import type { QrVault } from '../../ports/qr-vault.ts'
import type { SessionQueries } from '../../ports/session-queries.ts'
import type { Sessions } from '../../ports/sessions.ts'
import { readJson } from '../body.ts'
import type { HttpContext, HttpEnv } from '../context.ts'
import { isoDate } from '../iso-date.ts'
import type { pairingCodeAnswer } from '../schemas/answers.ts'
import { pairingCodeRequest } from '../schemas/requests.ts'
import { pathSession, validate } from '../validation.ts'

/** How long a caller waits for WhatsApp's code, counted from the request's arrival. */
export const PAIRING_WAIT_MS = 4_000

const NONE = 'The session has no pairing code now; POST here with a phone_number asks for one.'

/** `timeOfDay` turns a time of the service into the one on the wall. */
export function pairingCodeRoutes(
  sessions: Sessions,
  queries: SessionQueries,
  vault: Pick<QrVault, 'readCode'>,
  timeOfDay: (at: number) => number,
): Hono<HttpEnv> {
  const show = async (c: HttpContext, sessionId: string) => {
    const code = vault.readCode(sessionId)
    if (code === null) {
      const { reason, reasonText } = await queries.get(sessionId)
      const refused = reason === 'pairing_code_refused' ? reasonText : null
      throw new GatewayError('PAIRING_CODE_NOT_AVAILABLE', refused ?? NONE, { retryable: refused === null })
    }
    const answer: z.infer<typeof pairingCodeAnswer> = {
      success: true,
      code: code.text,
      expires_at: isoDate(timeOfDay(code.expiresAt)),
    }
    return c.json(answer)
  }
  return new Hono<HttpEnv>()
    .get('/sessions/:id/pairing-code', async c => show(c, (await queries.get(pathSession(c))).sessionId))
    .post('/sessions/:id/pairing-code', async c => {
      const { phone_number } = validate(pairingCodeRequest, await readJson(c))
      const sessionId = pathSession(c)
      await sessions.requestPairingCode(sessionId, phone_number, c.get('arrival') + PAIRING_WAIT_MS)
      return show(c, sessionId)
    })
}
