import { Hono } from 'hono'
import { GatewayError } from '../../../base/errors.ts'
import type { LoginRefusal } from '../../../ports/dashboard/dashboard.ts'
import type { GuessTable } from '../../../ports/dashboard/logins.ts'
import { readForm } from '../../body.ts'
import type { HttpContext, HttpEnv } from '../../context.ts'
import type { Keyring } from '../../keys.ts'
import { callerOf } from '../../login/caller.ts'
import { giveCookie, loginIdOf, takeCookie } from '../../login/cookie.ts'
import type { Logins } from '../../login/logins.ts'
import { isOwnPage } from '../../login/own-page.ts'
import { type LoadDashboard, showDashboard } from './dashboard.ts'

export interface LoginParts {
  load: LoadDashboard | null
  keyring: Keyring
  logins: Logins
  guesses: GuessTable
  base(): string
}

/** A path of the dashboard: nothing that leads to another host. */
const PAGE = /^\/(?:dashboard\/[\w./-]*)?$/

/** An API key for a cookie, and the end of it. A key that is wrong in whatever way gets the same answer. */
export function loginRoutes({ load, keyring, logins, guesses, base }: LoginParts): Hono<HttpEnv> {
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
      // Only wrong keys wait: nobody holds the login shut for who has the right one.
      if (!keyring.isEmpty && keyring.allows([key]) === null) {
        const wait = await guesses.wrong(callerOf(c.env?.incoming?.socket.remoteAddress ?? ''))
        if (wait === 0) return refuse(c, 'wrong_key')
        c.header('Retry-After', String(wait))
        return refuse(c, 'too_many_tries')
      }
      const before = loginIdOf(c)
      if (before !== null) await logins.end(before)
      giveCookie(c, await logins.begin(key), base())
      const next = form.get('next') ?? ''
      return c.redirect(PAGE.test(next) ? next : '/', 303)
    })
    .delete('/login', async c => {
      if (load === null) return c.notFound()
      if (!isOwnPage(c, base())) throw fromElsewhere()
      const id = loginIdOf(c)
      if (id !== null) await logins.end(id)
      takeCookie(c, base())
      return c.body(null, 204)
    })
}
