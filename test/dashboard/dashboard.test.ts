import { describe, expect, it } from 'vitest'
import { createTestPages, form, logIn, overviewOf } from './pages.ts'

const keys = { apiKeys: ['writes'], readKeys: ['reads'] }
const PAGES = ['/', '/dashboard/deliveries', '/dashboard/sessions/s1']
const HTML = { accept: 'text/html,application/xhtml+xml' }

describe('a page', () => {
  it.each([...PAGES, '/login'])('%s loads nothing but from here, and nothing of it is inline', async path => {
    const { app } = createTestPages()
    const response = await app.request(path, { headers: HTML })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    )
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    })
    const text = await response.text()
    const urls = [...text.matchAll(/(?:src|href|action)="([^"]*)"/g)].map(match => match[1]!)
    expect(urls.length).toBeGreaterThan(2)
    expect(urls.filter(url => !/^(?:\/(?!\/)|#)/.test(url))).toEqual([])
    expect(text).not.toMatch(/\sstyle=|\son\w+=|<style/)
    const scripts = [...text.matchAll(/<script([^>]*)>/g)].map(match => match[1])
    for (const script of scripts) expect(script).toMatch(/ src="|type="application\/json"/)
  })

  it.each(PAGES)('%s leads a reader without a login to it, and a program gets a 401', async path => {
    const { app } = createTestPages({}, keys)
    const read = await app.request(path, { headers: HTML })
    expect([read.status, read.headers.get('location')]).toEqual([
      303,
      `/login?next=${encodeURIComponent(path)}`,
    ])
    const refused = await app.request(path)
    expect(refused.status).toBe(401)
    expect(await refused.json()).toMatchObject({
      message: expect.stringMatching(/, or log in at \/login\.$/),
    })
  })

  it('says in words that there is none at an address, and follows nothing then', async () => {
    const { app } = createTestPages()
    for (const path of ['/dashboard/nothing', '/dashboard/sessions/nobody']) {
      const response = await app.request(path, { headers: { ...HTML, 'accept-language': 'es' } })
      expect(response.status).toBe(404)
      const text = await response.text()
      expect(text).toMatch(/No hay nada en esta dirección|No hay ninguna sesión con este nombre/)
      expect(text).not.toContain('id="live"')
      expect(text).toMatch(/<script type="module" src="[^"]*\/page\.js">/)
    }
    const program = await app.request('/dashboard/nothing')
    expect([program.status, await program.json()]).toMatchObject([404, { error: 'NOT_FOUND' }])
  })

  it('is found by who asks for /dashboard, too', async () => {
    const { app } = createTestPages({}, keys)
    const stranger = await app.request('/dashboard', { headers: HTML })
    expect([stranger.status, stranger.headers.get('location')]).toEqual([303, '/login?next=%2Fdashboard'])
    const begun = await app.request('/login', form({ key: 'reads', next: '/dashboard' }))
    expect(begun.headers.get('location')).toBe('/')
    const reader = await app.request('/dashboard', { headers: await logIn(app, 'reads') })
    expect([reader.status, reader.headers.get('location')]).toEqual([303, '/'])
    expect((await app.request('/dashboard')).status).toBe(401)
  })

  it('speaks the language that the browser asks for, English else', async () => {
    const { app } = createTestPages()
    const said = async (language: string) =>
      /<html lang="(\w+)">/.exec(
        await (await app.request('/', { headers: { 'accept-language': language } })).text(),
      )?.[1]
    expect(await said('es-MX,es;q=0.9,en;q=0.8')).toBe('es')
    expect(await said('fr,es;q=0.5,en;q=0.4')).toBe('es')
    expect(await said('en-GB')).toBe('en')
    expect(await said('fr')).toBe('en')
    expect(await said('"><script>')).toBe('en')
  })

  it('offers nothing that changes something to who may only read', async () => {
    const { app } = createTestPages({}, keys)
    const [writer, reader] = [await logIn(app, 'writes'), await logIn(app, 'reads')]
    for (const path of PAGES) {
      const text = async (headers: Record<string, string>) => (await app.request(path, { headers })).text()
      expect(await text(writer)).toContain('<dialog')
      expect(await text(reader)).not.toContain('<dialog')
      expect(await text(reader)).toContain('Read only')
    }
  })

  it('shows a hostile path as text', async () => {
    const { app } = createTestPages()
    const hostile = '"><script>alert(1)</script>\u202e\u200b'
    const text = await (await app.request(`/dashboard/sessions/${encodeURIComponent(hostile)}`)).text()
    expect(text).not.toContain('<script>alert')
    const login = await (await app.request(`/login?next=${encodeURIComponent(hostile)}`)).text()
    expect(login).not.toContain('<script>alert')
  })

  it('that there is none of, or that fails, is answered as every other path', async () => {
    const broken = () => Promise.reject(new Error('a secret of the store'))
    const { app, logs } = createTestPages({ overview: { page: broken, of: broken } })
    for (const path of [
      '/dashboard/nothing',
      '/dashboard/',
      '/dashboard/assets/x/y',
      '/dashboard/sessions/a/b/c/d',
    ])
      expect(await (await app.request(path)).json(), path).toMatchObject({
        success: false,
        error: 'NOT_FOUND',
      })
    const failed = await app.request('/dashboard/sessions')
    expect(failed.status).toBe(500)
    expect(await failed.json()).toMatchObject({ success: false, error: 'INTERNAL' })
    expect(logs.join('')).toContain('request failed')
  })

  it('is not there with DASHBOARD=false', async () => {
    const { app } = createTestPages({}, { ...keys, dashboard: undefined as never })
    const headers = { 'x-api-key': 'writes', ...HTML }
    for (const path of [...PAGES, '/dashboard', '/dashboard/figures', '/dashboard/assets/x/page.js'])
      expect((await app.request(path, { headers })).status, path).toBe(404)
    for (const path of [...PAGES, '/dashboard', '/stats']) {
      const refused = await app.request(path, { headers: HTML })
      expect([refused.status, refused.headers.get('location')], path).toEqual([401, null])
      expect(await refused.text()).not.toContain('/login')
    }
    expect((await app.request('/login')).status).toBe(404)
    expect((await app.request('/login', form({ key: 'writes' }))).status).toBe(404)
    expect((await app.request('/login', { method: 'DELETE' })).status).toBe(404)
  })
})

describe('an asset', () => {
  const urlIn = async (app: ReturnType<typeof createTestPages>['app'], name: string) =>
    new RegExp(`"(/dashboard/assets/\\w+/${name})"`).exec(await (await app.request('/')).text())![1]!

  it('never changes under its address, and is small on the way', async () => {
    const { app } = createTestPages()
    const url = await urlIn(app, 'dashboard.css')
    const plain = await app.request(url)
    expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(plain.headers.get('content-type')).toBe('text/css; charset=utf-8')
    const packed = await app.request(url, { headers: { 'accept-encoding': 'gzip, br' } })
    expect(packed.headers.get('content-encoding')).toBe('gzip')
    const [whole, small] = [await plain.arrayBuffer(), await packed.arrayBuffer()]
    expect(small.byteLength).toBeLessThan(whole.byteLength / 2)
    const etag = plain.headers.get('etag')!
    const again = await app.request(url, { headers: { 'if-none-match': etag } })
    expect([again.status, await again.text()]).toEqual([304, ''])
  })

  // What a line of 400 kbit/s carries in a second and a half.
  it.each([
    '/',
    '/dashboard/deliveries',
    '/dashboard/sessions/s1',
  ])('a first visit to %s takes less than 75 kB, with all that it loads', async path => {
    const { app } = createTestPages()
    const packed = async (url: string) =>
      (await (await app.request(url, { headers: { 'accept-encoding': 'gzip' } })).arrayBuffer()).byteLength
    const text = await (await app.request(path)).text()
    const urls = new Set(
      [...text.matchAll(/(?:src|href)="(\/dashboard\/assets\/[^"]+)"/g)].map(([, url]) => url!),
    )
    expect(urls.size).toBeGreaterThan(10)
    const sizes = await Promise.all([path, ...urls].map(packed))
    expect(sizes.reduce((sum, one) => sum + one, 0)).toBeLessThan(75_000)
  })

  it.each(['/', '/dashboard/deliveries'])('%s names all that its script imports, each once', async path => {
    const { app } = createTestPages()
    const text = await (await app.request(path)).text()
    const named = [...text.matchAll(/<(?:script type="module" src|link rel="modulepreload" href)="([^"]+)"/g)]
    const urls = named.map(([, url]) => url!)
    expect(new Set(urls).size).toBe(urls.length)
    for (const url of urls) {
      const source = await (await app.request(url)).text()
      for (const [, name] of source.matchAll(/(?:from|import) '\.\/([^']+)'/g))
        expect(urls, `${url} imports ${name}`).toContain(new URL(name!, `http://here${url}`).pathname)
    }
    expect(urls.length).toBeGreaterThan(5)
  })

  it('needs no login, for the login is drawn with it, and is no way to other files', async () => {
    const { app } = createTestPages({}, keys)
    const text = await (await app.request('/login')).text()
    const base = /"(\/dashboard\/assets\/\w+\/)dashboard\.css"/.exec(text)![1]!
    expect((await app.request(`${base}dashboard.css`)).status).toBe(200)
    for (const name of [
      '../routes.ts',
      '%2e%2e%2froutes.ts',
      'tsconfig.json',
      'nothing.js',
      '__proto__',
      'constructor',
    ])
      expect([401, 404], name).toContain((await app.request(`${base}${name}`)).status)
    expect((await app.request('/dashboard/assets/old/dashboard.css')).status).toBe(404)
    expect((await app.request('/dashboard/assets/../sessions')).status).toBe(401)
  })
})

describe('what the scripts ask', () => {
  it('is a page of sessions, with the position behind which the stream goes on', async () => {
    const { app, asked } = createTestPages()
    const answer = await (await app.request('/dashboard/sessions?after=abc')).json()
    expect(answer).toMatchObject({
      position: 41,
      count: 1,
      next: null,
      sessions: [{ session_id: 's1', state: 'open' }],
    })
    expect(asked).toEqual([{ after: 'abc', limit: 100 }])
  })

  it('is some sessions by their ids, a hundred at most, each once', async () => {
    const { app, asked } = createTestPages()
    const ids = ['s1', 's1', '', 'x'.repeat(500), ...Array.from({ length: 300 }, (_, i) => `n${i}`)]
    const answer = await (
      await app.request(`/dashboard/sessions?${ids.map(id => `id=${id}`).join('&')}`)
    ).json()
    expect((answer as { sessions: unknown[] }).sessions).toHaveLength(1)
    expect(asked[0]).toHaveLength(100)
  })

  it('is what is wrong, in the language of who reads it', async () => {
    const problem = {
      code: 'REDIS_UNAVAILABLE' as const,
      message: 'in English',
      said: [
        {
          says: 'unusable' as const,
          values: { address: '127.0.0.1:1', since: '2026-01-02T03:04:05.000Z', why: 'ECONNREFUSED' },
        },
      ],
    }
    const ready = async () => ({ ready: false, problems: [problem], warnings: [], laravel: null })
    const { app } = createTestPages({ ready })
    const headers = { 'accept-language': 'es' }
    const { problems } = (await (await app.request('/dashboard/figures', { headers })).json()) as {
      problems: object[]
    }
    expect(problems).toEqual([
      {
        code: 'REDIS_UNAVAILABLE',
        title: 'Redis no responde',
        text: 'Redis en 127.0.0.1:1 no se puede usar desde el 2026-01-02 03:04 UTC (ECONNREFUSED): revise que esté en marcha, y REDIS_URL. Mientras tanto las entregas siguen sin él.',
        language: 'es',
      },
    ])
  })

  it('says nothing that links a phone', async () => {
    const { app } = createTestPages({
      overview: {
        page: async () => ({
          count: 1,
          next: null,
          sessions: [
            overviewOf({ state: 'awaitingQr', detail: 'shown.ready', qr: { publishedAt: 1, expiresAt: 2 } }),
          ],
        }),
        of: async () => [],
      },
    })
    const { sessions } = (await (await app.request('/dashboard/sessions')).json()) as { sessions: object[] }
    expect(Object.keys(sessions[0]!).sort()).toEqual([
      'by_code',
      'created_at',
      'detail',
      'estado_qr',
      'last_activity',
      'passkey',
      'push_name',
      'qr_expires_at',
      'reason',
      'reason_text',
      'retry_at',
      'session_id',
      'since',
      'state',
      'user_id',
      'wa_id',
      'waiting',
    ])
  })
})
