import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { GatewayError } from '../../src/base/errors.ts'
import { createDashboard } from '../../src/dashboard/dashboard.ts'
import type { Visitor } from '../../src/ports/dashboard/dashboard.ts'
import { createHistory } from '../../src/sessions/history.ts'
import { createOverview } from '../../src/sessions/overview.ts'
import { HOSTILE } from '../browser/hostile-texts.ts'
import { incoming, text } from '../sessions/fakes.ts'
import { closedAs, World } from '../sessions/world.ts'
import { fakeHistory } from './fake-history.ts'
import { createTestPages } from './pages.ts'

const FILE = 'ab'.repeat(32)
const GONE = 'cd'.repeat(32)
const OTHER = 'ef'.repeat(32)
const ANA = '34611111111@s.whatsapp.net'

let world: World
/** What Laravel took, and when. */
const takenAt = new Map<string, number>()
beforeEach(async () => {
  takenAt.clear()
  world = await World.start()
})
afterEach(() => world.end())

/** The markup at a path below `/dashboard/sessions`, for somebody who may only read. */
async function get(path: string, { language = 'en', access = 'read' as Visitor['access'] } = {}) {
  const { store, queries, supervisor } = world
  const dashboard = await createDashboard({
    overview: createOverview(store, supervisor),
    history: createHistory(store, queries, {
      now: world.clock.now,
      takenAt: webhookId => takenAt.get(webhookId) ?? null,
      causeOf: error => (error === 'HTTP 500' ? 'server_error' : null),
    }),
    files: {
      has: async id => id !== GONE,
      thumbnailQuery: async (_, mimetype) => (mimetype === 'image/jpeg' ? 'expires=1&signature=s' : null),
      thumbnail: async () => null,
    },
    facts: store.committed,
    deliveries: store.deliveries,
    ready: async () => ({ ready: true, problems: [], warnings: [], laravel: null }),
    now: world.clock.now,
  })
  const request = new Request(`http://127.0.0.1/dashboard/sessions${path}`, {
    headers: { 'accept-language': language },
  })
  const response = await dashboard.fetch(request, { access, loggedIn: true })
  return { status: response.status, headers: response.headers, body: await response.text() }
}

const image = { mimetype: 'image/jpeg', filename: null, size: 9, seconds: null }

describe('The page of a session', () => {
  it('shows its chart, the moment of now, its log and its chats, in the language of the reader', async () => {
    const socket = await world.linked()
    await socket.owner.received([incoming('A')])
    const { status, body, headers } = await get(`/s1?chat=${ANA}`)
    expect(status).toBe(200)
    expect(headers.get('content-security-policy')).not.toContain('unsafe')
    expect(body).toContain('<g id="state:open.settling"')
    expect(body).toContain('Connected to WhatsApp as')
    expect(body).toContain('body of A')
    expect(body).toContain('Stored and acknowledged to WhatsApp')
    expect(body).not.toMatch(
      /<script(?! type="application\/json"| type="module" src="\/dashboard)|style="|onclick/,
    )
    for (const id of ['link', 'restart', 'logout', 'delete']) expect(body).not.toContain(`id="${id}"`)
    const mine = await get('/s1', { access: 'write' })
    for (const id of ['link', 'restart', 'logout', 'delete']) expect(mine.body).toContain(`id="${id}"`)
    const spanish = await get('/s1', { language: 'es' })
    expect(spanish.body).toContain('Conectada a WhatsApp como')
    expect(spanish.body).toContain('Cronología')
  })

  it('shows no QR to anybody: its log and its machine know hashes only', async () => {
    await world.shown()
    const secret = world.vault.read('s1')!.text
    for (const path of ['/s1', '/s1/facts', '/s1/at/2', '/s1/at/3', '/s1/at/4']) {
      const { status, body } = await get(path, { access: 'write' })
      expect(status).toBe(200)
      expect(body).not.toContain(secret)
    }
  })

  it.each([
    ['SESSION_UNREADABLE', 'en', 'Its stored data cannot be read;'],
    ['SESSION_UNREADABLE', 'es', 'Sus datos guardados no se pueden leer;'],
    ['EVENT_NOT_FOUND', 'en', 'There is no such fact any more.'],
    ['EVENT_NOT_FOUND', 'es', 'Ese hecho ya no existe.'],
  ] as const)('is shown with what can be read of it when its moment is %s, in %s', async (code, language, words) => {
    const moment = () => Promise.reject(new GatewayError(code, 'No fact of it can be read.'))
    const { app } = createTestPages({ history: { ...fakeHistory, moment } })
    const headers = { 'accept-language': language }
    const response = await app.request('/dashboard/sessions/s1', { headers })
    expect(response.status).toBe(200)
    const text = await response.text()
    expect(text).toContain(`<p class="notice bad">${words}`)
    expect(text).not.toContain('No fact of it can be read.')
    expect(text).toContain('id="fact-1"')
  })

  it('says so when there is no such session, and refuses its parts', async () => {
    const { status, body } = await get('/nobody')
    expect([status, body.includes('There is no session of this name.')]).toEqual([404, true])
    for (const path of ['/facts', '/at/1', '/chats', `/chats/${ANA}`]) {
      const part = await get(`/nobody${path}`)
      expect([part.status, JSON.parse(part.body).error]).toEqual([404, 'SESSION_NOT_FOUND'])
    }
    await world.started()
    expect((await get('/s1/at/99')).status).toBe(404)
    expect((await get('/s1/at/x')).status).toBe(404)
    expect((await get('/s1/chats/<script>')).status).toBe(404)
  })
})

describe('The log in words', () => {
  it('says what happened, from where to where, beside the row; by kind, in pages, and what is newer', async () => {
    const socket = await world.linked()
    await socket.owner.received([incoming('A')])
    socket.report(closedAs('backoff'))
    await world.settle()
    const { body } = await get('/s1/facts')
    expect(body.match(/<li class="fact-line"/g)).toHaveLength(world.rows().length)
    expect(body).toContain('A message arrived from <bdi class="clip">Ana</bdi>.')
    expect(body).toMatch(/open › settling<\/span> → [\s\S]*reconnecting › verifying/)
    expect(body).toContain('&quot;type&quot;: &quot;socket.closed&quot;')
    const messages = await get('/s1/facts?kind=messages')
    expect(messages.body.match(/data-kind="\w+"/g)).toEqual(['data-kind="messages"'])
    const { seq } = world.rows().at(-1)!
    expect((await get(`/s1/facts?after=${seq - 1}`)).body.match(/data-seq="\d+"/g)).toEqual([
      `data-seq="${seq}"`,
    ])
    expect((await get('/s1/facts?before=3')).body.match(/data-seq="\d+"/g)).toEqual([
      'data-seq="2"',
      'data-seq="1"',
    ])
  })

  it('shows a fact without words as it is', async () => {
    const { owner } = await world.linked()
    const { streamId, epoch } = owner
    const { lastSeq } = await world.queries.events('s1', 0, 1)
    await world.store.commit({
      ...{ streamId, epoch },
      events: [{ seq: lastSeq + 1, at: 1, type: 'moon.landed', data: { by: '<b>' }, snapshot: null }],
    })
    const { body } = await get(`/s1/facts?after=${lastSeq}`)
    expect(body).toContain('<bdi class="clip">moon.landed</bdi>')
    expect(body).toContain('no words for')
    expect(body).not.toContain('<b>')
    world.factsRemoved = true
    await world.supervisor.stop()
  })
})

describe('A moment', () => {
  it('lights where the machine stood, and says what changed and what was possible', async () => {
    await world.linked()
    const opened = world.rows().find(({ type }) => type === 'socket.opened')!
    const { body } = await get(`/s1/at/${opened.seq}`)
    const told = /data-moment="([^"]*)"/.exec(body)![1]!.replaceAll('&quot;', '"').replaceAll('&gt;', '>')
    expect(JSON.parse(told)).toMatchObject({
      seq: opened.seq,
      state: 'open.settling',
      next: null,
      lit: { here: ['state:open.settling'], last: ['arrow:starting>open', 'initial:open'] },
    })
    expect(body).toMatch(/<th scope="row" class="mono">linked<\/th><td>.*false.*<\/td><td>.*true/)
    expect(body).toContain('<li class="mono">logout.requested</li>')
    expect((await get('/s1/at/1')).body).toContain('everything is new')
  })
})

describe('What others wrote', () => {
  it('is text, isolated, and long texts open by "more"', async () => {
    const { owner } = await world.linked()
    const texts = Object.entries(HOSTILE).map(([name, body]) =>
      incoming(name, '34611111111', { body, push_name: body.slice(0, 300) }),
    )
    await owner.received(texts)
    for (const path of ['/s1', `/s1/chats/${ANA}`, '/s1/chats', '/s1/facts']) {
      const { status, body } = await get(path)
      expect(status).toBe(200)
      expect(body.replace(/<script type="(?:application\/json|module)"/g, '')).not.toMatch(
        /<script|<img(?! src="\/dashboard\/thumbnails)/,
      )
      // Whatever turns a direction stands in an element of its own.
      for (const [around] of body.matchAll(/[^>]*\u202e[^<]*/g))
        expect(body).toMatch(
          new RegExp(`<bdi[^>]*>${around.slice(0, 8).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`),
        )
    }
    const { body } = await get(`/s1/chats/${ANA}`)
    expect(body).toContain('&lt;script&gt;window.hit=1&lt;/script&gt;')
    expect(body).toContain('<details class="long">')
    expect(body).toContain('the end</bdi>')
    const list = await get('/s1/chats')
    expect(list.body.length).toBeLessThan(4_000)
    await owner.received([incoming('Z', '34622222222', { body: HOSTILE.unseen, push_name: HOSTILE.unseen })])
    const [first] = (await get('/s1/chats')).body.split('</li>')
    expect(first).toContain('+34622222222')
    expect(first).toContain('Without words')
  })

  it('shows thumbnails through their signed links, other files as links that need the login, and says what is not here', async () => {
    const { owner } = await world.linked()
    await owner.received([
      incoming('A', '34611111111', { type: 'image', body: null, media: { id: FILE, ...image } }),
      incoming('B', '34611111111', { type: 'image', body: null, media: { id: GONE, ...image } }),
      incoming('C', '34611111111', {
        ...{ type: 'image', body: null },
        media: { id: OTHER, ...image, mimetype: 'image/svg+xml', filename: '"><script>.svg' },
      }),
    ])
    const { body } = await get(`/s1/chats/${ANA}`)
    expect(body).toContain(
      `<a class="picture" href="/media/${FILE}" download><img src="/dashboard/thumbnails/${FILE}?expires=1&amp;signature=s" loading="lazy"`,
    )
    expect(body.match(/<img/g)).toHaveLength(1)
    expect(body).toContain('The file is not here')
    expect(body).toContain(`<a class="file" href="/media/${OTHER}" download>`)
    // What opens the file itself is the login alone.
    expect(body.match(/signature/g)).toHaveLength(1)
  })
})

describe('A chat', () => {
  it('has reactions, edits and deletions at the message they are about, or by themselves', async () => {
    const { owner } = await world.linked()
    const about = (id: string, type: string, body: string | null, reply_to: string) =>
      incoming(id, '34611111111', { type, body, reply_to })
    await owner.received([
      incoming('A', '34611111111', { body: 'first words' }),
      incoming('B', '34611111111', { body: 'to be deleted' }),
      about('C', 'reaction', '👍', 'A'),
      about('D', 'reaction', '🎉', 'A'),
      about('E', 'edit', 'better words', 'A'),
      about('F', 'delete', null, 'B'),
      about('G', 'reaction', '🙏', 'before'),
    ])
    const { body } = await get(`/s1/chats/${ANA}`)
    expect(body.match(/<li class="bubble/g)).toHaveLength(3)
    expect(body).toContain('better words')
    expect(body).not.toContain('first words')
    expect(body).toContain('🎉')
    expect(body).not.toContain('👍')
    expect(body).toContain('This message was deleted.')
    expect(body).not.toContain('to be deleted')
    expect(body).toContain('Reacted <bdi class="clip">🙏</bdi> to an earlier message.')
  })

  it('shows the way of each message, both directions', async () => {
    const socket = await world.linked()
    await socket.owner.received([incoming('A')])
    void world.commands.send('s1', text('34611111111', 'two'), world.clock.now())
    await world.settle()
    const { body } = await get(`/s1/chats/${ANA}`)
    expect(body).toMatch(
      /Received <time[\s\S]*Stored and acknowledged to WhatsApp <time[\s\S]*Waits for Laravel, next try <time/,
    )
    expect(body).toMatch(/<li class="done">Queued <time/)
    const { deliveries } = world.store
    const lane = world.wokenLanes.find(one => world.stored.deliveries.head(one)?.kind === 'messages')!
    const { id } = (await deliveries.head(lane))!
    const { webhookId } = (await deliveries.head(lane))!
    await deliveries.settle(id, { dead: true, at: 9, error: 'HTTP 422 <b>' })
    expect((await get(`/s1/chats/${ANA}`)).body).toContain(
      'Laravel did not take it: <bdi class="clip technical" lang="en">HTTP 422 &lt;b&gt;</bdi>',
    )
    await deliveries.settle(id, { redriven: true, at: 9 })
    await deliveries.settle(id, { retryAt: 9, error: 'HTTP 500', countsTry: false, countsAttempt: true })
    expect((await get(`/s1/chats/${ANA}`, { language: 'es' })).body).toMatch(
      /próximo intento <time[^>]*>[^<]*<\/time>, hechos 1: Laravel falló [^<]* <bdi class="clip technical" lang="en">HTTP 500</,
    )
    await deliveries.settle(id, { done: true })
    expect((await get(`/s1/chats/${ANA}`)).body).toContain(
      '<li class="done">Delivered to Laravel; when is not known any more</li>',
    )
    takenAt.set(webhookId, Date.UTC(2026, 0, 2, 3, 4, 5))
    expect((await get(`/s1/chats/${ANA}`)).body).toContain(
      '<li class="done">Delivered to Laravel <time datetime="2026-01-02T03:04:05.000Z">',
    )
  })
})
