import { Hono } from 'hono'
import { cors } from 'hono/cors'
import type { z } from 'zod'
import { GatewayError } from '../../base/errors.ts'
import { readJson } from '../body.ts'
import { type HttpContext, type HttpEnv, isAbout } from '../context.ts'
import type { PassOn } from '../nodes/hop.ts'
import { type passkeyPageAnswer, passkeyRequest } from '../schemas/passkey.ts'
import { validate } from '../validation.ts'
import { ASSERTION_LIMIT, type PasskeyParts, passkeyDemandOf, takesAssertions } from './passkey.ts'

const PATH = '/passkey/:token'

/** Whether a request may present such a token in place of a key; the routes look at both token and origin. */
export function isPasskeyPage({ req }: HttpContext): boolean {
  return /^\/passkey\/[^/]*$/.test(req.path)
}

/**
 * The two routes for the page of the account's owner (docs/passkey.md): no key, but a token that is good for one assertion, and the only
 * ones that a page of WhatsApp's may read. They say nothing of the session.
 */
export function passkeyPageRoutes(parts: PasskeyParts, passOn: PassOn): Hono<HttpEnv> {
  const { sessions, passkeys } = parts
  const known = (c: HttpContext, sessionId: string | null): string => {
    if (sessionId !== null) return isAbout(c, sessionId)
    throw new GatewayError(
      'PASSKEY_NOT_ASKED',
      'This link is used up or has expired; ask whoever gave it to you for a new one.',
    )
  }
  const tokenOf = (c: HttpContext) => c.req.param('token') ?? ''
  /** The session of a link that any node may have made. */
  const namedIn = (c: HttpContext) => known(c, passkeys.sessionNamedIn(tokenOf(c)))
  /** The same at its owner, which knows whether the link is still good. */
  const sessionOf = (c: HttpContext) => known(c, passkeys.sessionOf(tokenOf(c)))
  const answer = (c: HttpContext, fields: Omit<z.infer<typeof passkeyPageAnswer>, 'success'>) =>
    c.json({ success: true, ...fields })
  return new Hono<HttpEnv>()
    .use(
      PATH,
      cors({
        origin: origin => (isWhatsApp(origin) ? origin : null),
        allowMethods: ['GET', 'POST'],
        allowHeaders: ['Content-Type'],
        maxAge: 600,
      }),
    )
    .use(PATH, async (c, next) => {
      const origin = c.req.header('origin')
      if (origin !== undefined && !isWhatsApp(origin))
        throw new GatewayError(
          'ORIGIN_FORBIDDEN',
          'Only a page of WhatsApp, https://web.whatsapp.com, may ask this.',
        )
      await next()
    })
    .use(PATH, async (c, next) => (await passOn(c, namedIn(c))) ?? next())
    .get(PATH, async c => {
      const { state, secrets, expiresAt } = await passkeyDemandOf(parts, sessionOf(c))
      return answer(c, {
        state,
        options: takesAssertions(state) ? secrets.options : null,
        expires_at: expiresAt,
      })
    })
    .post(PATH, async c => {
      sessionOf(c)
      const { assertion } = validate(passkeyRequest, await readJson(c, ASSERTION_LIMIT))
      // It may have been used while the body was on its way, or while the session was read.
      const { expiresAt } = await passkeyDemandOf(parts, sessionOf(c))
      await sessions.submitPasskey(sessionOf(c), assertion)
      return answer(c, { state: 'submitting', options: null, expires_at: expiresAt })
    })
}

const isWhatsApp = (origin: string): boolean => /^https:\/\/(?:[a-z0-9-]+\.)*whatsapp\.com$/.test(origin)
