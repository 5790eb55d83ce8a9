import { Hono } from 'hono'
import type { z } from 'zod'
import { GatewayError } from '../../base/errors.ts'
import type { PasskeyVault } from '../../ports/qr-vault.ts'
import type { PasskeyState, SessionQueries } from '../../ports/session-queries.ts'
import type { PasskeyCommands } from '../../ports/sessions.ts'
import { ignoreBody, readJson } from '../body.ts'
import type { HttpContext, HttpEnv } from '../context.ts'
import { isoDate } from '../iso-date.ts'
import { type passkeyAnswer, passkeyRequest } from '../schemas/passkey.ts'
import { pathSession, validate } from '../validation.ts'

export interface PasskeyParts {
  sessions: PasskeyCommands
  queries: Pick<SessionQueries, 'get'>
  passkeys: Pick<PasskeyVault, 'read' | 'sessionNamedIn' | 'sessionOf'>
  /** Turns a time of the service into the one on the wall. */
  timeOfDay(at: number): number
  /** Where callers reach this service. */
  base(): string
}

/** An assertion is well under it. */
export const ASSERTION_LIMIT = 64 * 1024

/** The passkey that WhatsApp demands before it links a phone, for callers with a key. */
export function passkeyRoutes(parts: PasskeyParts): Hono<HttpEnv> {
  const { sessions, base } = parts
  const show = (c: HttpContext, demand: PasskeyDemand, state: Shown['state']) => {
    const { secrets } = demand
    const takes = takesAssertions(state)
    const answer: Shown = {
      success: true,
      state,
      options: takes ? secrets.options : null,
      code: state === 'confirm' || state === 'finishing' ? secrets.code : null,
      expires_at: demand.expiresAt,
      page_url: takes ? `${base()}/passkey/${secrets.token}` : null,
    }
    return c.json(answer)
  }
  return new Hono<HttpEnv>()
    .get('/sessions/:id/passkey', async c => {
      const demand = await passkeyDemandOf(parts, pathSession(c))
      return show(c, demand, demand.state)
    })
    .post('/sessions/:id/passkey', async c => {
      const { assertion } = validate(passkeyRequest, await readJson(c, ASSERTION_LIMIT))
      const sessionId = pathSession(c)
      const demand = await passkeyDemandOf(parts, sessionId)
      await sessions.submitPasskey(sessionId, assertion)
      return show(c, { ...demand, secrets: parts.passkeys.read(sessionId) ?? demand.secrets }, 'submitting')
    })
    .post('/sessions/:id/passkey/confirm', async c => {
      ignoreBody(c)
      const demand = await passkeyDemandOf(parts, pathSession(c))
      await sessions.confirmPasskey(pathSession(c))
      return show(c, demand, 'finishing')
    })
    .delete('/sessions/:id/passkey', async c => {
      const demand = await passkeyDemandOf(parts, pathSession(c))
      await sessions.cancelPasskey(pathSession(c))
      return show(c, demand, 'cancelled')
    })
}

type Shown = z.infer<typeof passkeyAnswer>
export type PasskeyDemand = Awaited<ReturnType<typeof passkeyDemandOf>>

/** Another assertion may take the place of one that the phone has not accepted. */
export const takesAssertions = (state: PasskeyState | 'cancelled'): boolean =>
  state === 'required' || state === 'submitting' || state === 'confirm'

/** What WhatsApp demands of a session now. Rejects with SESSION_NOT_FOUND or PASSKEY_NOT_ASKED. */
export async function passkeyDemandOf({ queries, passkeys, timeOfDay }: PasskeyParts, sessionId: string) {
  const { passkey } = await queries.get(sessionId)
  const secrets = passkeys.read(sessionId)
  if (passkey === null || secrets === null)
    throw new GatewayError(
      'PASSKEY_NOT_ASKED',
      'WhatsApp demands no passkey of this session now; link a phone, and ask again if it does.',
      { retryable: true },
    )
  return { state: passkey.state, secrets, expiresAt: isoDate(timeOfDay(passkey.expiresAt)) }
}
