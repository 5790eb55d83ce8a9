import { Hono } from 'hono'
import { GatewayError } from '../../../base/errors.ts'
import type { LoginRefusal } from '../../../ports/dashboard/dashboard.ts'
import { readForm } from '../../body.ts'
import type { HttpContext, HttpEnv } from '../../context.ts'
import type { Keyring } from '../../keys.ts'
import { giveCookie, loginIdOf, takeCookie } from '../../login/cookie.ts'
import { Guesses } from '../../login/guesses.ts'
import type { Logins } from '../../login/logins.ts'
import { isOwnPage } from '../../login/own-page.ts'
import { type LoadDashboard, showDashboard } from './dashboard.ts'

export interface LoginParts {
  load: LoadDashboard | null
  keyring: Keyring
  logins: Logins
  base(): string
  now(): number
}

/** A path of the dashboard: nothing that leads to another host. */
const PAGE = /^\/(?:dashboard\/[\w./-]*)?$/

/** An API key for a cookie, and the end of it. A key that is wrong in whatever way gets the same answer. */
export function loginRoutes({ load, keyring, logins, base, now }: LoginParts): Hono<HttpEnv> {
  const guesses = new Guesses(now)
  const refuse = (c: HttpContext, refusal: LoginRefusal) =>
    showDashboard(c, load, { access: 'none', loggedIn: false, refusal })
  const fromElsewhere = () =>
    new GatewayError('ORIGIN_FORBIDDEN', 'A login begins and ends on its own page; programs present a key.')
  return new Hono<HttpEnv>()
    .post('/login', async c => {
      if (load === null) return c.notFound()
      if (!isOwnPage(c, base())) throw fromElsewhere()
      const form = await readForm(c)
      const key = (form.get('key') ?? '').trim()
      const access = keyring.isEmpty ? 'write' : keyring.allows([key])
      // Only wrong keys wait: nobody holds the login shut for who has the right one.
      if (access === null) {
        const address = c.env?.incoming?.socket.remoteAddress ?? ''
        const wait = guesses.waitSeconds(address)
        if (wait > 0) {
          c.header('Retry-After', String(wait))
          return refuse(c, 'too_many_tries')
        }
        guesses.wrong(address)
        return refuse(c, 'wrong_key')
      }
      const before = loginIdOf(c)
      if (before !== null) logins.end(before)
      giveCookie(c, logins.begin(access), base())
      const next = form.get('next') ?? ''
      return c.redirect(PAGE.test(next) ? next : '/', 303)
    })
    .delete('/login', c => {
      if (load === null) return c.notFound()
      if (!isOwnPage(c, base())) throw fromElsewhere()
      const id = loginIdOf(c)
      if (id !== null) logins.end(id)
      takeCookie(c, base())
      return c.body(null, 204)
    })
}
