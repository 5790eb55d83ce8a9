import { stripVTControlCharacters } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { createClock } from '../../../src/base/clock.ts'
import { type CheckOptions, createLaravelCheck } from '../../../src/laravel/check/laravel-check.ts'
import { reportTable } from '../../../src/laravel/check/report-table.ts'
import { createSign } from '../../../src/laravel/signature.ts'
import type { CheckReport } from '../../../src/ports/laravel-check.ts'
import { type Answer, type Seen, startStandIn } from '../stand-in.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const ROUTES: Record<string, string> = {
  '/whatsapp/status': 'POST',
  '/qr': 'POST',
  '/messages': 'POST',
  '/pairing-code': 'POST',
}

interface Application {
  routes?: Record<string, string>
  token?: string
  secret?: string
  /** Answers before anything else. */
  always?: Answer
  cookies?: string
}

/** An application as Laravel answers for it: its router by OPTIONS, its middleware, a question about a session that has no row. */
function application({ routes = ROUTES, token, secret, always, cookies }: Application) {
  return ({ method, path, headers }: Seen): Answer => {
    if (always !== undefined) return always
    const route = path.replace(/^\/api/, '')
    const isQuestion = route.startsWith('/whatsapp/status/')
    const allow = isQuestion ? 'GET,HEAD' : routes[route]
    if (allow === undefined || !path.startsWith('/api'))
      return { status: 404, body: `{"message":"The route ${path.slice(1)} could not be found."}` }
    if (method === 'OPTIONS') return { status: 200, headers: { allow } }
    const signature =
      secret && createSign([secret])(String(headers['webhook-id']), Number(headers['webhook-timestamp']), '')
    const isKnown = token === undefined || headers.authorization === `Bearer ${token}`
    if (!isKnown || (signature && headers['webhook-signature'] !== signature))
      return { status: 401, body: '{"message":"Unauthenticated."}' }
    return { status: 404, body: '{"message":""}', ...(cookies && { headers: { 'set-cookie': cookies } }) }
  }
}

function checkOf(url: string, options: Partial<CheckOptions> = {}) {
  return createLaravelCheck({
    ...{ url, token: null, secrets: [], contract: 'messages', messageStatus: false, events: [] },
    ...{ timeoutMs: 15_000, clock: createClock(), wall: Date.now },
    ...options,
  })
}

async function check(app: Application, options: Partial<CheckOptions> = {}) {
  const server = await startStandIn(application(app))
  closing.push(server.close)
  const laravel = checkOf(server.url, options)
  return { server, laravel, report: await laravel.run('thorough') }
}

const lines = ({ checks }: CheckReport) => checks.map(({ subject, result }) => `${result} ${subject}`)
const OURS = { token: 'token-of-ours', secrets: ['secret-of-ours'] }

describe('the check of a Laravel', () => {
  it('that is as it should be passes, and touches nothing', async () => {
    const { report, server } = await check({ token: OURS.token, secret: OURS.secrets[0]! }, OURS)
    expect(report).toMatchObject({ ok: true, address: server.url })
    expect(lines(report)).toEqual([
      'passed address',
      'passed GET /whatsapp/status/{id}',
      'passed token',
      'passed signature',
      'passed POST /qr',
      'passed POST /whatsapp/status',
      'passed POST /messages',
      'passed POST /pairing-code',
    ])
    const asked = server.seen.map(({ method, path, body }) => ({ method, path, body }))
    expect(asked.filter(({ method, body }) => !/^(?:GET|OPTIONS)$/.test(method) || body !== '')).toEqual([])
    const questions = asked.filter(({ method }) => method === 'GET')
    expect(questions.map(({ path }) => path.replace(/[0-9a-f-]{36}$/, '…'))).toEqual(
      Array(3).fill('/api/whatsapp/status/check-…'),
    )
    expect(JSON.stringify(report)).not.toContain('of-ours')
  })

  it('asks for the routes that are wanted, and fails for each that is not there or is for another method', async () => {
    const routes = { '/qr': 'GET,HEAD', '/whatsapp/status': 'POST' }
    const { report } = await check(
      { routes, token: 't' },
      { token: 't', messageStatus: true, events: ['call'] },
    )
    expect(report.ok).toBe(false)
    expect(lines(report).slice(3)).toEqual([
      'failed POST /qr',
      'passed POST /whatsapp/status',
      'failed POST /messages',
      'warning POST /pairing-code',
      'failed POST /messages/status',
      'failed POST /whatsapp/events',
    ])
    expect(report.checks.find(({ subject }) => subject === 'POST /messages')).toMatchObject({
      status: 404,
      mend: expect.stringContaining("Route::post('/messages'"),
    })
  })

  it.each([
    [{ token: 'theirs' }, { token: 'ours' }, 'token', 'LARAVEL_TOKEN'],
    [{ secret: 'theirs' }, { secrets: ['ours'] }, 'signature', 'LARAVEL_WEBHOOK_SECRET'],
    [{ token: 'theirs' }, {}, 'token', 'set LARAVEL_TOKEN'],
  ])('with %j refuses %j, and says which variable must be what', async (app, options, subject, mend) => {
    const { report } = await check(app, options)
    expect(report.ok).toBe(false)
    const refused = report.checks.find(({ result }) => result === 'failed')
    expect(refused).toMatchObject({ subject, status: 401 })
    expect(refused!.mend).toContain(mend)
    // Its router is asked all the same.
    expect(lines(report)).toContain('passed POST /messages')
  })

  it('warns of a Laravel that takes any token, and of one that nobody has to show one', async () => {
    const any = await check({}, OURS)
    expect(any.report.ok).toBe(true)
    expect(lines(any.report)).toContain('warning token')
    expect(lines(any.report)).toContain('unclear signature')
    const open = await check({})
    expect(lines(open.report)).toContain('warning token')
  })

  it('tells routes that stand in web.php by the cookies that they set', async () => {
    const { report } = await check({ token: 't', cookies: 'XSRF-TOKEN=eyJ; path=/' }, { token: 't' })
    expect(report.ok).toBe(false)
    expect(report.checks.find(({ subject }) => subject === 'routes/api.php')?.message).toContain('419')
    expect(JSON.stringify(report)).not.toContain('eyJ')
  })

  it.each<[string, Answer, RegExp, RegExp]>([
    ['redirects', { status: 301, headers: { location: 'https://app.test/' } }, /301/, /must begin with/],
    ['shows pages', { status: 200, body: '<!doctype html>' }, /web page/, /LARAVEL_URL/],
    ['is in maintenance', 503, /503/, /maintenance/],
    ['breaks off', 'reset', /ECONNRESET/, /check that it runs/],
  ])('that %s ends there: nothing else would tell', async (_what, always, message, mend) => {
    const { report, server } = await check({ always })
    expect(report.checks).toMatchObject([{ subject: 'address', result: 'failed' }])
    expect(report.checks[0]!.message).toMatch(message)
    expect(report.checks[0]!.mend).toMatch(mend)
    expect(server.seen.length).toBeLessThanOrEqual(2)
  })

  it('under a URL without /api says so', async () => {
    const server = await startStandIn(application({ token: 't' }))
    closing.push(server.close)
    const { report } = await check({}, { url: server.url.replace(/\/api$/, ''), token: 't' })
    expect(report.checks).toMatchObject([{ subject: 'address', result: 'failed', status: 404 }])
    expect(report.checks[0]!.mend).toContain('/api')
  })

  it('that is no Laravel and tells nothing by OPTIONS is unclear, not wrong', async () => {
    const server = await startStandIn(() => 404)
    closing.push(server.close)
    const { report } = await check({}, { url: server.url, token: 't' })
    expect(report.ok).toBe(true)
    expect(lines(report).filter(line => line.includes('POST'))).toEqual([
      'unclear POST /qr',
      'unclear POST /whatsapp/status',
      'unclear POST /messages',
      'unclear POST /pairing-code',
    ])
  })

  it('in brief tries nothing wrong; without LARAVEL_URL it says what to set', async () => {
    const { laravel, server } = await check({ token: 't' }, { token: 't' })
    server.seen.length = 0
    await laravel.run('brief')
    expect(server.seen.filter(({ headers }) => headers.authorization !== 'Bearer t')).toEqual([])
    const { report } = await check({}, { url: null })
    expect(report).toMatchObject({
      ok: false,
      address: null,
      checks: [{ mend: expect.stringContaining('LARAVEL_URL') }],
    })
  })

  it('of the old contract asks for its route of messages, and for no token', async () => {
    const routes = {
      '/qr': 'POST',
      '/whatsapp/status': 'POST',
      '/whatsapp-webhook/%7Bwebhook_token%7D': 'POST',
    }
    const { report } = await check({ routes }, { contract: 'legacy' })
    expect(report.ok).toBe(true)
    expect(lines(report)).toEqual([
      'passed address',
      'passed GET /whatsapp/status/{id}',
      'passed POST /qr',
      'passed POST /whatsapp/status',
      'passed POST /whatsapp-webhook/{webhook_token}',
      'warning POST /pairing-code',
    ])
  })

  it('ends at once when the service stops, and reports nothing', async () => {
    const server = await startStandIn(() => 'hang')
    closing.push(server.close)
    const laravel = checkOf(server.url)
    const report = laravel.run('brief')
    await laravel.stop()
    expect(await report).toEqual({ ok: false, address: server.url, checks: [] })
  })

  it('tells whoever wants to know how the question was answered', async () => {
    const causes: (string | null)[] = []
    const onQuestion = (finding: { cause: string } | null) => void causes.push(finding?.cause ?? null)
    await check({ token: 'theirs' }, { token: 'ours', onQuestion })
    await check({ token: 'ours' }, { token: 'ours', onQuestion })
    expect(causes).toEqual(['unauthorized', null])
  })
})

describe('the table of a report', () => {
  it('has a line for each check, what mends it below, and the sum', async () => {
    const routes = { '/qr': 'POST', '/whatsapp/status': 'POST' }
    const { report } = await check({ routes, token: 't' }, { token: 't' })
    const shown = reportTable({ ...report, address: 'http://app.test/api' }, false).replace(
      /in \d+ ms/,
      'in 7 ms',
    )
    expect(shown).toBe(`
Laravel at http://app.test/api

  ✔ address                    answers in 7 ms
  ✔ GET /whatsapp/status/{id}  does not know a session that was made up for this check, as it should be
  ✔ token                      ours is taken, a wrong one is refused
  ✔ POST /qr                   the route is there
  ✔ POST /whatsapp/status      the route is there
  ✖ POST /messages             there is no such route (404)
                               → add Route::post('/messages', …) beside the others in routes/api.php, or with the package php artisan route:clear
  ▲ POST /pairing-code         there is no such route (404)
                               → add Route::post('/pairing-code', …) beside the others in routes/api.php, or with the package php artisan route:clear (sessions that are started with a phone_number need it)

  One thing to mend, then ask again.
`)
    expect(stripVTControlCharacters(reportTable(report, true))).toBe(reportTable(report, false))
  })
})
