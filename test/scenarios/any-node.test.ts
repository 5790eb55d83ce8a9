import { once } from 'node:events'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createSchema, describeWithPostgres, dropSchema, onPostgres, urlOfSchema } from '../postgres.ts'
import { createOwnRedis, describeWithOwnRedis, type OwnRedis } from '../redis.ts'
import { Fleet, type Manager, WAIT } from './fleet.ts'
import { KEY } from './world.ts'

const SAME = { 'sec-fetch-site': 'same-origin' }

await describeWithPostgres('A balancer that sends each request to another node', () => {
  describeWithOwnRedis('with one Redis', () => {
    let redis: OwnRedis
    let schema: string
    let fleet: Fleet
    let one: Manager
    let two: Manager
    beforeAll(async () => {
      redis = await createOwnRedis()
      await redis.start()
      schema = await createSchema()
      const database = { DATABASE_URL: urlOfSchema(schema), REDIS_URL: redis.url, NODE_LEASE_MS: '3000' }
      fleet = new Fleet({ ...database, LARAVEL_EVENTS: 'passkey', QR_THROTTLE_MS: '100' })
      await fleet.begin()
      ;[one, two] = (await Promise.all([fleet.add(), fleet.add()])) as [Manager, Manager]
    }, 60_000)
    afterAll(async () => {
      await fleet.end()
      await dropSchema(schema)
      await redis.close()
    })

    /** What a browser does with the form, or with a cookie: no key goes along. */
    const browse = (node: Manager, path: string, init: RequestInit = {}, cookie = '') =>
      fetch(`${node.url}${path}`, {
        redirect: 'manual',
        ...init,
        headers: { ...SAME, ...(cookie !== '' && { cookie }), ...init.headers },
      })
    const logIn = (node: Manager, key: string, cookie = '') =>
      browse(node, '/login', { method: 'POST', body: new URLSearchParams({ key }) }, cookie)
    const cookieOf = (response: Response) => response.headers.get('set-cookie')!.split(';')[0]!
    const allowed = async (cookie: string, nodes = [one, two]) =>
      Promise.all(nodes.map(async node => (await browse(node, '/stats', {}, cookie)).status))

    it('a login at one is one at the other at once, to change things, too, and a logout there ends it here', async () => {
      const cookie = cookieOf(await logIn(one, KEY))
      expect(await allowed(cookie)).toEqual([200, 200])
      const page = await browse(two, '/', { headers: { accept: 'text/html' } }, cookie)
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('log-out')])
      const json = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
      expect((await browse(two, '/deliveries/retry', json, cookie)).status).toBe(202)
      const foreign = { ...json, headers: { ...json.headers, 'sec-fetch-site': 'cross-site' } }
      expect((await browse(two, '/deliveries/retry', foreign, cookie)).status).toBe(403)
      expect((await browse(two, '/login', { method: 'DELETE' }, cookie)).status).toBe(204)
      expect(await allowed(cookie)).toEqual([401, 401])
    })

    it('who logs in again in one browser, at whichever node, has one login', async () => {
      const first = cookieOf(await logIn(one, KEY))
      const second = cookieOf(await logIn(two, KEY, first))
      expect([await allowed(first), await allowed(second)]).toEqual([
        [401, 401],
        [200, 200],
      ])
    })

    it('what stands in the database is of no use as a cookie or as a key', async () => {
      const cookie = cookieOf(await logIn(one, KEY))
      const rows = await onPostgres(
        client => client.query<Record<string, unknown>>('SELECT * FROM logins'),
        urlOfSchema(schema),
      ).then(({ rows }) => rows)
      expect(rows.length).toBeGreaterThan(0)
      const [name, id] = cookie.split('=') as [string, string]
      const text = JSON.stringify(rows)
      for (const secret of [id, KEY]) expect(text).not.toContain(secret)
      for (const value of rows.flatMap(({ hash, proof }) => [hash, proof]).map(String)) {
        const made = Buffer.from(value, 'base64').toString('base64url')
        expect(await allowed(`${name}=${made}`)).toEqual([401, 401])
      }
    })

    it('a login outlives a restart of its node, and not the key with which it began', async () => {
      const env = { API_KEYS: `${KEY},gone-soon,reads-later` }
      const three = await fleet.add(undefined, env)
      const [gone, reads] = [await logIn(three, 'gone-soon'), await logIn(three, 'reads-later')].map(cookieOf)
      expect([await allowed(gone!, [three]), await allowed(reads!, [three])]).toEqual([[200], [200]])
      // The other nodes know neither key.
      expect(await allowed(gone!)).toEqual([401, 401])
      await three.signal('SIGTERM')
      const again = await fleet.add(three.dataDir, { API_KEYS: `${KEY},reads-later:read` })
      const restart = { method: 'POST' }
      expect(await allowed(gone!, [again])).toEqual([401])
      expect(await allowed(reads!, [again])).toEqual([200])
      expect((await browse(again, '/sessions/s/restart', restart, reads)).status).toBe(403)
      await again.signal('SIGTERM')
    })

    it('who guesses keys at all nodes guesses no faster than at one, and the right key never waits', async () => {
      const told: number[] = []
      for (let i = 0; i < 12; i++) told.push((await logIn(i % 2 ? one : two, `wrong-${i}`)).status)
      expect(told).toEqual([...Array(10).fill(401), 429, 429])
      for (const node of [one, two]) expect((await logIn(node, KEY)).status).toBe(303)
    })

    const WEB = 'https://web.whatsapp.com'
    const [SHOP, BAR] = ['34600000021', '34600000022']
    interface Demand {
      options: { challenge: string }
      page_url: string
    }

    /** What a node answers, as soon as it is 200. */
    const answered = <T>(node: Manager, path: string) =>
      vi.waitFor(async () => {
        const { status, body } = await node.call('GET', path)
        expect(status).toBe(200)
        return body as unknown as T
      }, WAIT)

    /** A session that begins at `node`, and whose phone demands a passkey; resolves with what the other node says of it. */
    async function demanded(node: Manager, other: Manager, sessionId: string, number: string) {
      const phone = fleet.simulator.phone(number, { name: 'Shop' })
      phone.demandPasskey({})
      await node.call('POST', '/start', { user_id: 1, session_id: sessionId })
      const { qr } = await answered<{ qr: string }>(other, `/sessions/${sessionId}/qr?format=json`)
      phone.scan(qr).catch(() => {})
      return answered<Demand>(other, `/sessions/${sessionId}/passkey`)
    }

    /** The page of the owner, at whichever node the balancer chose. */
    async function page(node: Manager, demand: Demand, assertion?: unknown) {
      const answer = await fetch(`${node.url}${new URL(demand.page_url).pathname}`, {
        headers: { origin: WEB, 'content-type': 'application/json' },
        ...(assertion !== undefined && { method: 'POST', body: JSON.stringify({ assertion }) }),
      })
      const { 'access-control-allow-origin': allows } = Object.fromEntries(answer.headers)
      return {
        status: answer.status,
        allows,
        body: (await answer.json()) as { options: { challenge: string }; state: string },
      }
    }

    it('a link for the owner of an account works at whichever node it is opened, once', {
      timeout: 40_000,
    }, async () => {
      const demand = await demanded(one, two, 'shop', SHOP)
      expect(demand.page_url).not.toContain('shop')
      const opened = [await page(one, demand), await page(two, demand)]
      expect(opened[1]).toEqual(opened[0])
      expect(opened[1]).toMatchObject({ status: 200, allows: WEB, body: { options: demand.options } })
      const assertion = fleet.simulator.phone(SHOP).assertPasskey(opened[1]!.body.options)
      expect(await page(two, demand, assertion)).toMatchObject({ status: 200, allows: WEB })
      await fleet.isOpen(one, 'shop')
      for (const node of [one, two]) {
        expect(await page(node, demand)).toMatchObject({ status: 404, allows: WEB })
        expect(await page(node, demand, assertion)).toMatchObject({ status: 404 })
        const forged = { ...demand, page_url: `${demand.page_url.slice(0, -2)}AA` }
        expect(await page(node, forged)).toMatchObject({ status: 404 })
        const { origin } = new URL(node.url)
        const elsewhere = await fetch(`${origin}${new URL(demand.page_url).pathname}`, {
          headers: { origin: 'https://evil.example' },
        })
        expect(elsewhere.status).toBe(403)
        expect(node.output).not.toContain(new URL(demand.page_url).pathname)
      }
    })

    it('a link whose session went to another node has expired, wherever it is opened, and the next one is good', {
      timeout: 60_000,
    }, async () => {
      const three = await fleet.add()
      const demand = await demanded(three, one, 'moved', BAR)
      expect(await page(two, demand)).toMatchObject({ status: 200 })
      await three.signal('SIGTERM')
      await vi.waitFor(async () => {
        for (const node of [one, two]) expect(await page(node, demand)).toMatchObject({ status: 404 })
      }, WAIT)
      const again = await demanded(two, one, 'moved', BAR)
      expect(await page(two, again)).toMatchObject({ status: 200, body: { state: 'required' } })
      expect((await two.call('DELETE', '/sessions/moved')).status).toBe(200)
    })

    /** What both nodes answer, which must be the same. */
    async function both(path: string) {
      const [a, b] = await Promise.all([one, two].map(node => node.call('GET', path)))
      expect({ path, status: b!.status, body: b!.body }).toEqual({ path, status: a!.status, body: a!.body })
      return a!
    }

    it('a session is the same at each node in all that it says, while it is linked and when it is open', {
      timeout: 40_000,
    }, async () => {
      const number = '34600000023'
      for (const node of [one, two]) await node.call('GET', '/sessions')
      await two.call('POST', '/start', { user_id: 'u-7', session_id: 'same', metadata: { tenant: 3 } })
      const published = await vi.waitFor(async () => {
        const { body } = await one.call('GET', '/sessions/same')
        const { qr } = (body as unknown as { session: { qr: { published_at: string } | null } }).session
        expect(qr?.published_at).toEqual(expect.any(String))
        return qr!.published_at
      }, WAIT)
      const { body: shown } = await both('/sessions/same')
      expect(shown).toMatchObject({ session: { state: 'awaitingQr', qr: { published_at: published } } })
      const { qr } = (await both('/sessions/same/qr?format=json')).body as unknown as { qr: string }
      await fleet.simulator.phone(number, { name: 'Same' }).scan(qr)
      await fleet.isOpen(one, 'same')
      await fleet.simulator.contact('34600000002', { name: 'Ana' }).say(number, 'hello')
      await vi.waitFor(() => expect(fleet.texts('same')).toEqual(['hello']), WAIT)
      const sent = await one.call('POST', '/send-message', {
        ...{ session_id: 'same', wa_id: '34600000002', type: 'text', body: 'good day', client_ref: 'r' },
      })
      const message = `/sessions/same/messages/${sent.body.message_id}`
      await vi.waitFor(async () => {
        expect((await two.call('GET', message)).body).toMatchObject({ status: 'delivered' })
      }, WAIT)
      const chats = '/sessions/same/chats/34600000002@s.whatsapp.net/messages'
      for (const path of ['/sessions/same', '/session/same', '/sessions?q=same', message, chats])
        expect((await both(path)).status, path).toBe(200)
      for (const path of [
        '/sessions/same/events',
        '/sessions/same/at/3',
        '/sessions/same/numbers/34600000002',
      ])
        expect((await both(path)).status, path).toBe(200)
      for (const path of ['qr', 'pairing-code', 'passkey', 'at/100000', 'messages/none'])
        expect((await both(`/sessions/same/${path}`)).status, path).toBe(404)
      for (const path of ['/deliveries', '/deliveries/dead'])
        expect((await both(path)).status, path).toBe(200)
      for (const path of ['', '/facts', '/at/5', '/chats'])
        expect((await both(`/dashboard/sessions/same${path}`)).status, path).toBe(200)
      const { body: events } = await both('/sessions/same/events?limit=1000')
      expect((events as unknown as { events: unknown[] }).events.length).toBeGreaterThan(5)
    })

    /** The events that a node tells until `end`, behind the one with that id. */
    async function stream(node: Manager, after?: number) {
      const cut = new AbortController()
      const headers = {
        authorization: `Bearer ${KEY}`,
        ...(after !== undefined && { 'last-event-id': String(after) }),
      }
      const answer = await fetch(`${node.url}/events`, { headers, signal: cut.signal })
      const came = { text: '' }
      const read = (async () => {
        for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) came.text += part
      })().catch(() => {})
      const ids = () => [...came.text.matchAll(/^data: .*\nid: (\d+)$/gm)].map(([, id]) => Number(id))
      const end = () => {
        cut.abort()
        return read
      }
      return { came, ids, end }
    }

    it('a stream of events that is cut off goes on at another node: nothing is missing, nothing comes twice', async () => {
      const until = (of: Awaited<ReturnType<typeof stream>>, count: number) =>
        vi.waitFor(() => expect(of.ids().length).toBeGreaterThanOrEqual(count), WAIT)
      const start = (node: Manager, sessionId: string) =>
        node.call('POST', '/start', { user_id: 1, session_id: sessionId })
      const told: number[] = []
      for (const [i, node] of [one, two, one, two].entries()) {
        const here = await stream(node, told.at(-1))
        await vi.waitFor(() => expect(here.came.text).not.toBe(''), WAIT)
        await start(node, `event-${i}`)
        await until(here, 3)
        await here.end()
        expect(here.came.text).not.toContain('event: reset')
        told.push(...here.ids())
        // Nobody reads at either now.
        await start(node, `unread-${i}`)
      }
      const from = told[0]!
      expect(told).toEqual(told.map((_, i) => from + i))
    })

    it('whoever looks on at a session sees it at work at each node, by events and over a WebSocket', {
      timeout: 40_000,
    }, async () => {
      for (const [node, id] of [
        [one, 'seen-1'],
        [two, 'seen-2'],
      ] as const)
        await node.call('POST', '/start', { user_id: 1, session_id: id })
      const looks = (node: Manager, ids: string) => `${node.url}/inspect?session_id=${ids}`
      for (const [node, id] of [
        [one, 'seen-1'],
        [two, 'seen-1'],
        [one, 'seen-2'],
      ] as const) {
        const came: string[] = []
        const cut = new AbortController()
        const answer = await fetch(looks(node, id), {
          headers: { authorization: `Bearer ${KEY}` },
          signal: cut.signal,
        })
        expect(answer.headers.get('content-type')).toBe('text/event-stream')
        const read = (async () => {
          for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) came.push(part)
        })().catch(() => {})
        const socket = new WebSocket(looks(node, id).replace('http://', `ws://:${KEY}@`))
        const said: string[] = []
        socket.on('message', text => said.push(String(text)))
        const named = (text: string) => text.includes('@xstate.actor') && text.includes(`"name":"${id}"`)
        await vi.waitFor(() => {
          expect(named(came.join(''))).toBe(true)
          expect(said.some(named)).toBe(true)
        }, WAIT)
        // What happens from now on, too.
        await (node === one ? two : one).call('POST', `/sessions/${id}/restart`)
        await vi.waitFor(() => {
          expect(came.join('')).toContain('restart.requested')
          expect(said.join('')).toContain('restart.requested')
        }, WAIT)
        for (const text of said) expect(JSON.parse(text)).toHaveProperty('type')
        cut.abort()
        socket.close()
        await read
      }
      for (const node of [one, two]) {
        const apart = await node.call('GET', '/inspect?session_id=seen-1,seen-2')
        expect(apart).toMatchObject({ status: 422, body: { error: 'VALIDATION_FAILED' } })
        expect((await node.call('GET', '/inspect?session_id=nobody')).status).toBe(404)
      }
    })

    it('a view of a session ends with its node, and the node that is asked for it again shows it', {
      timeout: 60_000,
    }, async () => {
      const three = await fleet.add()
      await three.call('POST', '/start', { user_id: 1, session_id: 'leaves' })
      const look = () =>
        new WebSocket(`${one.url}/inspect?session_id=leaves`.replace('http://', `ws://:${KEY}@`))
      const socket = look()
      const closed = once(socket, 'close')
      await once(socket, 'message')
      await three.signal('SIGKILL')
      expect((await closed)[0]).toBe(1001)
      await vi.waitFor(async () => {
        const again = look()
        await Promise.race([
          once(again, 'message'),
          once(again, 'close').then(() => Promise.reject(new Error('closed'))),
        ])
        again.close()
      }, WAIT)
    })
  })
})
