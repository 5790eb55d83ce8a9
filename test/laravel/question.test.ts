import { describe, expect, it, vi } from 'vitest'
import { createSign } from '../../src/laravel/signature.ts'
import { client, signal, standIn } from './client-against-stand-in.ts'
import type { Answer } from './stand-in.ts'

describe('the question whether a session is active', () => {
  const ask = async (answer: Answer) => {
    const server = await standIn(() => answer)
    const { laravel } = client(server.url, { token: 't' })
    const said = await laravel.askActive('s1', signal())
    expect(server.seen[0]).toMatchObject({ method: 'GET', path: '/api/whatsapp/status/s1' })
    expect(server.seen[0]!.headers).toMatchObject({ accept: 'application/json', authorization: 'Bearer t' })
    return said
  }
  const json = (body: unknown) => ({ status: 200, body: JSON.stringify(body) })

  it.each(['active', 'pending', 'connecting'])('the answer %s means active', async estado_qr => {
    expect(await ask(json({ estado_qr, status: 1 }))).toEqual({ said: 'active', fault: null })
  })

  it('the answer inactive means inactive, and 404 means missing', async () => {
    expect(await ask(json({ estado_qr: 'inactive' }))).toEqual({ said: 'inactive', fault: null })
    expect(await ask(404)).toEqual({ said: 'missing', fault: null })
  })

  it.each<[Answer, string]>([
    [500, 'server_error'],
    [503, 'maintenance'],
    [410, 'no_route'],
    [204, 'refused'],
    [{ status: 302, headers: { location: '/' } }, 'redirect'],
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [429, 'throttled'],
    ['reset', 'unreachable'],
    [json({ estado_qr: 'ACTIVE' }), 'unknown_word'],
    [json({ status: 'inactive' }), 'unknown_word'],
    [json(null), 'unknown_word'],
    [{ status: 200, body: '<html>' }, 'not_json'],
    [{ status: 200, body: `{"estado_qr":"inactive","pad":"${'x'.repeat(9_000_000)}"}` }, 'not_json'],
    [200, 'not_json'],
  ])('the answer %j means unknown: %s', async (answer, cause) => {
    expect(await ask(answer)).toMatchObject({ said: 'unknown', fault: { cause } })
  })

  it('never rejects, whether by timeout, abort or a closed port', async () => {
    const server = await standIn(() => 'hang')
    const { laravel, clock } = client(server.url)
    const slow = laravel.askActive('s1', signal())
    await vi.waitFor(() => expect(server.seen).toHaveLength(1), 20_000)
    await clock.advance(15_000)
    expect(await slow).toMatchObject({ said: 'unknown', fault: { cause: 'timeout' } })
    expect(await laravel.askActive('s1', AbortSignal.abort())).toEqual({ said: 'unknown', fault: null })
    await server.close()
    expect(await laravel.askActive('s1', signal())).toMatchObject({
      said: 'unknown',
      fault: { cause: 'unreachable' },
    })
  })

  it('404 for ten different sessions means unknown, until a 200 comes', async () => {
    const server = await standIn(() => 404)
    const { laravel, logs } = client(server.url)
    const said = async (id: string) => (await laravel.askActive(id, signal())).said
    for (let n = 0; n < 9; n++) expect(await said(`s${n}`)).toBe('missing')
    for (let n = 0; n < 9; n++) expect(await said(`s${n}`)).toBe('missing')
    expect(laravel.health()).toEqual({ ok: true, problem: null })
    expect(await laravel.askActive('s9', signal())).toMatchObject({
      said: 'unknown',
      fault: { cause: 'wrong_address' },
    })
    expect(await said('s0')).toBe('unknown')
    expect(laravel.health().ok).toBe(false)
    expect(laravel.health().problem).toContain(`LARAVEL_URL ${server.url}`)
    expect(logs).toHaveLength(1)
    server.answer(() => 200)
    expect(await said('s0')).toBe('unknown')
    expect(laravel.health().ok).toBe(false)
    server.answer(() => ({ status: 200, body: '{"estado_qr":"active"}' }))
    expect(await said('s0')).toBe('active')
    expect(laravel.health().ok).toBe(true)
    server.answer(() => 404)
    expect(await said('s1')).toBe('missing')
  })

  it.each<[string, Answer]>([
    [
      'a newer Laravel',
      { status: 404, body: '{"message":"The route whatsapp/status/s1 could not be found."}' },
    ],
    [
      'Laravel 8 with APP_DEBUG',
      {
        status: 404,
        body: JSON.stringify({
          message: '',
          exception: 'Symfony\\Component\\HttpKernel\\Exception\\NotFoundHttpException',
          file: '/app/vendor/laravel/framework/src/Illuminate/Routing/AbstractRouteCollection.php',
          line: 43,
        }),
      },
    ],
    [
      'a web server',
      { status: 404, headers: { 'content-type': 'text/html' }, body: '<!DOCTYPE html><h1>404</h1>' },
    ],
  ])('404 of %s that has no such route is no word about the session: the address is wrong', async (_who, answer) => {
    const server = await standIn(() => answer)
    const { laravel, logs } = client(server.url)
    const { said, fault } = await laravel.askActive('s1', signal())
    expect(said).toBe('unknown')
    expect(fault).toMatchObject({ cause: 'wrong_address', status: 404 })
    expect(fault!.message).toContain('mostly ends in /api')
    expect(server.seen).toHaveLength(1)
    expect(logs).toHaveLength(1)
  })

  it.each<[string, number, string]>([
    ['has the route', 200, 'missing'],
    ['has no such route', 404, 'unknown'],
  ])('404 of Laravel 8, which says no more, is told apart by its router: it %s', async (_what, status, said) => {
    const server = await standIn(({ method }) =>
      method === 'OPTIONS' ? status : { status: 404, body: '{"message": ""}' },
    )
    const { laravel } = client(server.url)
    expect((await laravel.askActive('s1', signal())).said).toBe(said)
    expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/whatsapp/status/s1',
      'OPTIONS /api/whatsapp/status/s1',
    ])
  })

  it.each([
    { message: 'No query results for model [App\\Models\\Session].' },
    { message: 'Not Found', statusCode: 404 },
    { error: 'unknown session' },
    {
      message: '',
      exception: 'NotFoundHttpException',
      file: '/app/src/Illuminate/Foundation/Application.php',
    },
  ])('404 with %j is about the session', async body => {
    expect(await ask({ status: 404, body: JSON.stringify(body) })).toEqual({ said: 'missing', fault: null })
  })

  it('is signed over its empty body, so that a middleware can look at that', async () => {
    const server = await standIn(() => json({ estado_qr: 'active' }))
    const { laravel, clock } = client(server.url, { secrets: ['s1'] })
    await laravel.askActive('a', signal())
    const { headers } = server.seen[0]!
    const id = String(headers['webhook-id'])
    const timestamp = Math.floor(clock.now() / 1000)
    expect(headers['webhook-signature']).toBe(createSign(['s1'])(id, timestamp, ''))
  })

  it('only 404s since the last 200 are counted', async () => {
    const server = await standIn(({ path }) =>
      path.endsWith('/known') ? { status: 200, body: '{"estado_qr":"pending"}' } : 404,
    )
    const { laravel } = client(server.url)
    for (let n = 0; n < 30; n++) {
      if (n % 9 === 0) await laravel.askActive('known', signal())
      expect((await laravel.askActive(`s${n}`, signal())).said).toBe('missing')
    }
  })
})
