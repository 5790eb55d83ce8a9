import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { makeTlsIdentity } from '../../simulator/media/tls-certificate.ts'
import { createLaravel } from '../../src/laravel/client.ts'
import { faultIn } from '../../src/ports/laravel.ts'
import { createTestClock } from '../base/clock.ts'
import { type Answer, startStandIn } from './stand-in.ts'

const SECRETS = { token: 'token-of-ours', secrets: ['secret-of-ours'] }
const QR = { text: '2@secretqrtext,abc', expiresAt: Date.UTC(2026, 0, 1, 0, 1) }
const OFFERED = { sessionId: 's1', userId: 'u-7', metadata: { tenant: 7 }, seq: 5 }
const CODE = { hash: 'drawn', text: 'ABCD2345', expiresAt: Date.UTC(2026, 0, 1, 0, 3) }

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
const signal = () => new AbortController().signal

function client(url: string) {
  const clock = createTestClock()
  const logs: Record<string, unknown>[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => logs.push(JSON.parse(line)) })
  const laravel = createLaravel({ url, ...SECRETS, clock, logger })
  closing.push(laravel.close)
  return { laravel, clock, logs }
}

async function laravelThat(answer: Answer) {
  const server = await startStandIn(() => answer)
  closing.push(server.close)
  return { server, ...client(server.url) }
}

/** What a session hears of each way to ask Laravel. */
const ways = (laravel: ReturnType<typeof createLaravel>) =>
  [
    ['GET /whatsapp/status/{id}', async () => (await laravel.askActive('s1', signal())).fault],
    ['POST /qr', () => laravel.publishQr(OFFERED, QR, signal()).then(() => null, faultIn)],
    [
      'POST /pairing-code',
      () => laravel.publishPairingCode(OFFERED, CODE, signal()).then(() => null, faultIn),
    ],
  ] as const

const FIRST_DAYS: [string, Answer, string, RegExp][] = [
  ['a wrong token', { status: 401, body: '{"message":"Unauthenticated."}' }, 'unauthorized', /LARAVEL_TOKEN/],
  [
    'http where https is wanted',
    { status: 301, headers: { location: 'https://app.test/api/x?key=secret-in-url' } },
    'redirect',
    /must begin with/,
  ],
  [
    "the guests' redirect of the auth middleware",
    { status: 302, headers: { location: 'http://app.test/login' } },
    'redirect',
    /no user/,
  ],
  ['routes in web.php', 419, 'csrf', /routes\/api\.php, not into routes\/web\.php/],
  ['a throttle', 429, 'throttled', /throttle/],
  ['maintenance', 503, 'maintenance', /maintenance/],
  ['a handler that throws', { status: 500, body: 'SQLSTATE secret-of-body' }, 'server_error', /laravel\.log/],
]

describe.each(FIRST_DAYS)('%s', (_kind, answer, cause, mend) => {
  it('is told with route, status, cause, time and mend, once in the log, whoever asked', async () => {
    const { laravel, logs, server } = await laravelThat(answer)
    const status = typeof answer === 'number' ? answer : (answer as { status: number }).status
    for (const [route, ask] of ways(laravel)) {
      const fault = await ask()
      expect(fault).toMatchObject({ route, cause, status })
      expect(fault!.message).toContain(
        `${server.url} has answered ${status} on ${route} since 2026-01-01 00:00 UTC: `,
      )
      expect(fault!.message).toMatch(mend)
      expect(await ask()).toEqual(fault)
    }
    expect(logs.map(({ level, route, cause }) => ({ level, route, cause }))).toEqual(
      ways(laravel).map(([route]) => ({ level: 40, route, cause })),
    )
    expect(laravel.faults.all().map(({ route }) => route)).toEqual(ways(laravel).map(([route]) => route))
    expect(JSON.stringify([logs, laravel.faults.all()])).not.toMatch(/secret|token-of-ours|ABCD2345/)
  })
})

describe('no answer at all', () => {
  it('by a closed port says that it must run, and where', async () => {
    const { server, laravel } = await laravelThat(200)
    await server.close()
    closing.length = 0
    closing.push(laravel.close)
    const { fault } = await laravel.askActive('s1', signal())
    expect(fault).toMatchObject({ cause: 'unreachable', status: null })
    expect(fault!.message).toContain('has not answered (ECONNREFUSED)')
    expect(fault!.message).toMatch(/check that it runs.*LARAVEL_URL/)
  })

  it('by a host that hangs says for how long it was waited for, and what a slow route should do', async () => {
    const { server, laravel, clock } = await laravelThat('hang')
    const asked = laravel.askActive('s1', signal())
    await vi.waitFor(() => expect(server.seen).toHaveLength(1), 20_000)
    await clock.advance(15_000)
    const { fault } = await asked
    expect(fault).toMatchObject({ cause: 'timeout', status: null })
    expect(fault!.message).toContain('has not answered (timeout after 15 s)')
    expect(fault!.message).toMatch(/LARAVEL_TIMEOUT_MS.*dispatch a job/)
  })

  it('by a certificate that nobody here trusts, and by a port without TLS, is told apart', async () => {
    const { key, cert } = makeTlsIdentity(['127.0.0.1'])
    const tls = createTlsServer({ key, cert }, (_, response) => response.end('{}')).listen(0, '127.0.0.1')
    await new Promise(resolve => tls.once('listening', resolve))
    closing.push(async () => tls.close())
    const { laravel } = client(`https://127.0.0.1:${(tls.address() as AddressInfo).port}/api`)
    const { fault } = await laravel.askActive('s1', signal())
    expect(fault).toMatchObject({ cause: 'certificate', status: null })
    expect(fault!.message).toContain('NODE_EXTRA_CA_CERTS')

    const plain = await startStandIn(() => 200)
    closing.push(plain.close)
    const other = client(plain.url.replace('http:', 'https:'))
    const answer = await other.laravel.askActive('s1', signal())
    expect(answer.fault).toMatchObject({ cause: 'no_tls', status: null })
    expect(answer.fault!.message).toContain('must begin with http://')
  })

  it('by a host that nobody knows says so', async () => {
    const { laravel } = client('http://nobody.invalid/api')
    expect((await laravel.askActive('s1', signal())).fault).toMatchObject({ cause: 'unknown_host' })
  })
})

describe('an answer that is no answer to the question', () => {
  it.each<[string, string, string, RegExp]>([
    [
      'a web page',
      '<!DOCTYPE html><title>secret-of-body</title>',
      'not_json',
      /with a web page.*LARAVEL_URL/,
    ],
    ['nothing', '', 'not_json', /no JSON/],
    [
      'a word that nobody knows',
      '{"estado_qr":"secret-of-body"}',
      'unknown_word',
      /pending, active or inactive/,
    ],
  ])('%s is told without a word of it', async (_what, body, cause, mend) => {
    const { laravel, logs } = await laravelThat({ status: 200, body })
    const { said, fault } = await laravel.askActive('s1', signal())
    expect(said).toBe('unknown')
    expect(fault).toMatchObject({ cause, status: 200 })
    expect(fault!.message).toMatch(mend)
    expect(JSON.stringify([logs, fault])).not.toContain('secret-of-body')
  })
})

describe('a 404 of a route that takes something', () => {
  it.each<[string, string, string, RegExp]>([
    [
      'that is not there',
      '{"message":"The route pairing-code could not be found."}',
      'no_route',
      /routes\/api\.php/,
    ],
    [
      'whose handler finds no row',
      '{"message":"No query results for model [Session]."}',
      'no_row',
      /before \/start/,
    ],
  ])('%s says which', async (_what, body, cause, mend) => {
    const { laravel } = await laravelThat({ status: 404, body })
    const fault = await laravel.publishPairingCode(OFFERED, CODE, signal()).then(() => null, faultIn)
    expect(fault).toMatchObject({ cause, route: 'POST /pairing-code', status: 404 })
    expect(fault!.message).toMatch(mend)
  })
})

describe('a web page that comes with a 200', () => {
  const PAGE = { status: 200, body: '<!doctype html><title>secret-of-body</title>' }

  it('takes a delivery, and is told with what mends it until the route answers otherwise', async () => {
    const { laravel, server, logs, clock } = await laravelThat(PAGE)
    const deliver = () => laravel.deliver('messages', 'stream.7.messages', {})
    for (let n = 0; n < 3; n++) expect(await deliver()).toMatchObject({ result: 'accepted' })
    // What it took is gone, also if nothing comes for hours.
    await clock.advance(5 * 3_600_000)
    expect(laravel.faults.all()).toMatchObject([{ route: 'POST /messages', cause: 'not_json', status: 200 }])
    const [fault] = laravel.faults.all()
    expect(fault!.message).toContain(
      'has answered 200 with a web page on POST /messages since 2026-01-01 00:00 UTC',
    )
    expect(fault!.message).toMatch(/LARAVEL_URL.*POST \/sessions\/\{id\}\/replay/)
    server.answer(() => ({ status: 200, body: '{"success":true}' }))
    await deliver()
    expect(laravel.faults.all()).toEqual([])
    expect(logs.map(({ msg }) => msg)).toEqual([
      'laravel has answered 200 with a web page on this route',
      'laravel answers on this route again',
    ])
    expect(JSON.stringify(logs)).not.toContain('secret-of-body')
  })

  it('takes a QR and a code, and is told', async () => {
    const { laravel } = await laravelThat(PAGE)
    await laravel.publishQr(OFFERED, QR, signal())
    await laravel.publishPairingCode(OFFERED, CODE, signal())
    expect(laravel.faults.all().map(({ route, cause }) => `${route} ${cause}`)).toEqual([
      'POST /qr not_json',
      'POST /pairing-code not_json',
    ])
  })

  it.each(['ok', '', 'true', '{"success":true}', '<p>taken</p>'])('is not what %j is', async body => {
    const { laravel } = await laravelThat({ status: 200, body, headers: { 'content-type': 'text/html' } })
    await laravel.deliver('messages', 'stream.7.messages', {})
    expect(laravel.faults.all()).toEqual([])
  })
})

describe('a fault of a route', () => {
  it('is another one when its cause is another, and ends with the first answer that is right', async () => {
    const { server, laravel, logs, clock } = await laravelThat(500)
    const publish = () => laravel.publishQr(OFFERED, QR, signal()).catch(() => {})
    for (const status of [500, 500, 401, 401, 500, 200, 200]) {
      server.answer(() => status)
      await publish()
      await clock.advance(60_000)
    }
    expect(logs.map(({ msg, status }) => `${msg} ${status ?? ''}`)).toEqual([
      'laravel has answered 500 on this route 500',
      'laravel has answered 401 on this route 401',
      'laravel has answered 500 on this route 500',
      'laravel answers on this route again ',
    ])
    expect(laravel.faults.all()).toEqual([])
  })

  it('that is about all of Laravel ends with what any other route takes; one of its own does not', async () => {
    const { server, laravel } = await laravelThat(503)
    await laravel.askActive('s1', signal())
    server.answer(() => 500)
    await laravel.publishQr(OFFERED, QR, signal()).catch(() => {})
    server.answer(() => 200)
    await laravel.deliver('messages', 'id', {})
    expect(laravel.faults.all()).toMatchObject([{ route: 'POST /qr', cause: 'server_error' }])
  })

  it('that nobody has met for 20 minutes says nothing of today', async () => {
    const { laravel, clock } = await laravelThat(401)
    await laravel.askActive('s1', signal())
    await clock.advance(20 * 60_000)
    expect(laravel.faults.all()).toHaveLength(1)
    await clock.advance(1)
    expect(laravel.faults.all()).toEqual([])
  })

  it('is none when nobody waits for the answer any longer', async () => {
    const { laravel } = await laravelThat(500)
    expect(await laravel.askActive('s1', AbortSignal.abort())).toEqual({ said: 'unknown', fault: null })
    expect(await laravel.publishQr(OFFERED, QR, AbortSignal.abort()).then(() => 'taken', faultIn)).toBeNull()
    expect(laravel.faults.all()).toEqual([])
  })
})
