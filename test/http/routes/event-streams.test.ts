import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { createClock } from '../../../src/base/clock.ts'
import { GatewayError } from '../../../src/base/errors.ts'
import type { CommittedFact, StoredEvent } from '../../../src/ports/event-log.ts'
import { createTestHttp, NOW, refused } from '../fakes.ts'

const event = (seq: number, streamId = 'st', type = 'socket.opened'): StoredEvent => ({
  streamId,
  seq,
  at: NOW,
  type,
  data: { retryAt: NOW },
  snapshot: null,
})
const fact = (position: number, over: Partial<CommittedFact> = {}): CommittedFact => ({
  ...event(position),
  sessionId: 's1',
  position,
  ...over,
})
const AT = '2026-01-02T03:04:05.678Z'

/** A log that is written by hand, and who follows it. */
function log(head = 0) {
  const listeners = new Set<(fact: CommittedFact) => void>()
  return {
    listeners,
    say: (...facts: CommittedFact[]) => {
      for (const one of facts) for (const listener of listeners) listener(one)
    },
    facts: {
      catchUp: async () => {},
      follow(tell: (fact: CommittedFact) => void, { streamId }: { streamId?: string | null } = {}) {
        const listener = (one: CommittedFact) => {
          if ((streamId ?? one.streamId) === one.streamId) tell(one)
        }
        listeners.add(listener)
        return { head, end: () => listeners.delete(listener) }
      },
      between: async (): Promise<CommittedFact[] | null> => [],
    },
  }
}

/** What came of a stream so far, and how it is cut. */
function read(response: Response) {
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const reader = response.body!.getReader()
  const came = { text: '', ended: false, cut: () => reader.cancel() }
  void (async () => {
    const decoder = new TextDecoder()
    for (let part = await reader.read(); !part.done; part = await reader.read())
      came.text += decoder.decode(part.value)
    came.ended = true
  })()
  return came
}
const ids = ({ text }: { text: string }) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))

describe('GET /events', () => {
  it('tells what is committed from now on, and where a client stands at once', async () => {
    const { facts, say } = log(41)
    const came = read(await createTestHttp({ facts }).app.request('/events'))
    await vi.waitFor(() => expect(came.text).toBe('retry: 2000\n\nid: 41\n\n'))
    say(fact(42))
    const data = `{"session_id":"s1","seq":42,"at":"${AT}","type":"socket.opened","data":{"retry_at":"${AT}"}}`
    await vi.waitFor(() => expect(came.text).toBe(`retry: 2000\n\nid: 41\n\ndata: ${data}\nid: 42\n\n`))
  })

  it.each([
    { 'last-event-id': '7' },
    {},
  ])('goes on where it was cut: what was missed, then what comes', async headers => {
    const { facts, say } = log(9)
    const asked: unknown[] = []
    const between = async (...args: unknown[]) => {
      asked.push(args)
      say(fact(10))
      return [fact(8), fact(9)]
    }
    const path = 'last-event-id' in headers ? '/events?after=3' : '/events?after=7'
    const { app } = createTestHttp({ facts: { ...facts, between } })
    const came = read(await app.request(path, { headers }))
    await vi.waitFor(() => expect(ids(came)).toEqual([8, 9, 10]))
    expect(asked).toEqual([[7, 9, 10_000]])
  })

  it.each([
    ['too much was missed', 7, null],
    ['a position of another store', 99, [fact(1)]],
  ])('says so and begins anew: %s', async (_, after, missed) => {
    const { facts, say } = log(9)
    const { app } = createTestHttp({ facts: { ...facts, between: async () => missed } })
    const came = read(await app.request(`/events?after=${after}`))
    await vi.waitFor(() => expect(came.text).toContain('event: reset\ndata: {}\nid: 9\n\n'))
    say(fact(10))
    await vi.waitFor(() => expect(ids(came)).toEqual([9, 10]))
  })

  it('refuses what is no position', async () => {
    const { app } = createTestHttp()
    expect(await refused(await app.request('/events?after=x'))).toMatchObject({ status: 422 })
    expect(await refused(await app.request('/events', { headers: { 'last-event-id': '-1' } }))).toMatchObject(
      {
        status: 422,
        errors: { after: ['must be a whole number'] },
      },
    )
  })

  it('keeps the connection with a comment, one timer for all', async () => {
    const due: (() => void)[] = []
    const clock = { ...createClock(), setTimeout: (fn: () => void) => due.push(fn) }
    const { facts } = log()
    const { app } = createTestHttp({ facts, clock })
    const both = [read(await app.request('/events')), read(await app.request('/events'))]
    expect(due).toHaveLength(1)
    due.pop()!()
    for (const came of both) await vi.waitFor(() => expect(came.text).toMatch(/\n\n:\n\n$/))
    expect(due).toHaveLength(1)
    for (const came of both) await came.cut()
    due.pop()!()
    await vi.waitFor(() => expect(due).toEqual([]))
  })

  it('forgets a client that went away', async () => {
    const { facts, listeners } = log()
    const came = read(await createTestHttp({ facts }).app.request('/events'))
    await vi.waitFor(() => expect(listeners.size).toBe(1))
    await came.cut()
    await vi.waitFor(() => expect(listeners.size).toBe(0))
  })

  it('cuts off who reads too slowly, after what waits for it', async () => {
    const { facts, listeners, say } = log()
    const response = await createTestHttp({ facts }).app.request('/events')
    await vi.waitFor(() => expect(listeners.size).toBe(1))
    for (let i = 1; i <= 12_000; i++) say(fact(i))
    expect(listeners.size).toBe(0)
    const came = read(response)
    await vi.waitFor(() => expect(came.ended).toBe(true))
    const told = ids(came).slice(1)
    expect(told.length).toBeLessThanOrEqual(10_001)
    expect(told).toEqual(told.map((_, index) => index + 1))
  })

  it('serves 100 at once, and frees the place of one that ended', async () => {
    const { facts } = log()
    const { app } = createTestHttp({ facts })
    const open = await Promise.all(Array.from({ length: 100 }, () => app.request('/events')))
    const answer = await refused(await app.request('/events'))
    expect(answer).toMatchObject({ status: 429, error: 'TOO_MANY_REQUESTS' })
    await read(open[0]!).cut()
    await vi.waitFor(async () => expect((await app.request('/events')).status).toBe(200))
  })

  it('takes no place for HEAD', async () => {
    const { facts, listeners } = log()
    const response = await createTestHttp({ facts }).app.request('/events', { method: 'HEAD' })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(listeners.size).toBe(0)
  })

  it('ends with the service', async () => {
    const { facts } = log()
    const { app, http } = createTestHttp({ facts })
    const came = read(await app.request('/events'))
    http.refuse()
    await vi.waitFor(() => expect(came.ended).toBe(true))
  })
})

describe('GET /sessions/{id}/events as a stream', () => {
  const headers = { accept: 'text/event-stream' }
  /** A session of 250 facts that goes on as `stored` says. */
  const stored = (streamId = 'st') => {
    const all = Array.from({ length: 250 }, (_, i) => event(i + 1, streamId))
    return {
      all,
      events: async (_: string, after: number, limit: number) => {
        const events = all.filter(({ seq }) => seq > after).slice(0, limit)
        return { streamId, lastSeq: all.length, events, next: null }
      },
    }
  }

  it('tells all from the beginning and goes on, nothing of others', async () => {
    const { facts, say } = log()
    const came = read(
      await createTestHttp({ facts, queries: stored() }).app.request('/sessions/s1/events', { headers }),
    )
    await vi.waitFor(() => expect(ids(came)).toHaveLength(250))
    say(fact(250), fact(251), fact(252, { streamId: 'other' }), fact(252))
    await vi.waitFor(() => expect(ids(came)).toEqual(Array.from({ length: 252 }, (_, i) => i + 1)))
    expect(came.text).toContain(
      `data: {"seq":251,"at":"${AT}","type":"socket.opened","data":{"retry_at":"${AT}"}}\nid: 251\n\n`,
    )
  })

  it('misses nothing that is committed while it reads, and tells nothing twice', async () => {
    const { facts, say } = log()
    const { all, events } = stored()
    let reads = 0
    const slow: typeof events = async (...asked) => {
      const page = await events(...asked)
      await setImmediate()
      if (++reads > 1 && all.length < 260) {
        all.push(event(all.length + 1))
        say(fact(all.length))
      }
      return page
    }
    const { app } = createTestHttp({ facts, queries: { events: slow } })
    const came = read(await app.request('/sessions/s1/events', { headers }))
    await vi.waitFor(() => expect(ids(came).length).toBeGreaterThanOrEqual(250 + reads - 1))
    expect(reads).toBeGreaterThan(4)
    say(fact(all.length + 1))
    await vi.waitFor(() => expect(ids(came).at(-1)).toBe(all.length + 1))
    expect(ids(came)).toEqual(Array.from({ length: all.length + 1 }, (_, i) => i + 1))
  })

  it('ends when the session is deleted while it reads', async () => {
    const { facts, listeners } = log()
    const { events } = stored()
    let isGone = false
    const dying: typeof events = async (...asked) => {
      if (isGone) throw new GatewayError('SESSION_NOT_FOUND', 'It is gone.')
      const page = await events(...asked)
      // Before anybody follows, so that the deletion is told to nobody.
      isGone = page.events.length === 50
      return page
    }
    const { app } = createTestHttp({ facts, queries: { events: dying } })
    const came = read(await app.request('/sessions/s1/events', { headers }))
    await vi.waitFor(() => expect(came.ended).toBe(true))
    expect([ids(came).length, listeners.size]).toEqual([250, 0])
  })

  it('goes on where it was cut, and is still JSON for who asks for that', async () => {
    const { app } = createTestHttp({ queries: stored() })
    const came = read(
      await app.request('/sessions/s1/events?after=1', { headers: { ...headers, 'last-event-id': '248' } }),
    )
    await vi.waitFor(() => expect(ids(came)).toEqual([249, 250]))
    for (const accept of ['application/json', '*/*', 'text/html'])
      expect(
        (await app.request('/sessions/s1/events', { headers: { accept } })).headers.get('content-type'),
      ).toBe('application/json')
  })

  it('is not cut off for what others do', async () => {
    const { facts, listeners, say } = log()
    const response = await createTestHttp({ facts, queries: stored() }).app.request('/sessions/s1/events', {
      headers,
    })
    const came = read(response)
    await vi.waitFor(() => expect(listeners.size).toBe(1))
    for (let i = 1; i <= 12_000; i++) say(fact(i, { streamId: 'other' }))
    say(fact(251))
    await vi.waitFor(() => expect(ids(came).at(-1)).toBe(251))
    expect(came.ended).toBe(false)
  })

  it('ends with the deletion, and tells a new life from its beginning', async () => {
    const { facts, say } = log()
    const { app, logs } = createTestHttp({ facts, queries: stored('new') })
    const came = read(
      await app.request('/sessions/s1/events', { headers: { ...headers, 'last-event-id': '900' } }),
    )
    await vi.waitFor(() => expect(ids(came)).toHaveLength(251))
    expect(came.text).toContain('event: reset')
    say(fact(251, { streamId: 'new', type: 'session.deleted' }))
    await vi.waitFor(() => expect(came.ended).toBe(true))
    expect(ids(came).at(-1)).toBe(251)
    expect(logs.filter(line => line.includes('ended early'))).toEqual([])
  })

  it('refuses a session that is not there', async () => {
    const { app } = createTestHttp()
    expect(await refused(await app.request('/sessions/nobody/events', { headers }))).toMatchObject({
      status: 404,
      error: 'SESSION_NOT_FOUND',
    })
  })
})
