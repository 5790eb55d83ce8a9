import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { KEY, World } from './world.ts'

const SHOP = '34600000001'
const ANA = '34600000002'

describe('The log', () => {
  const world = new World({ LOG_LEVEL: 'debug', CONNECT_PER_SECOND: '1000' })
  beforeAll(async () => {
    await world.start()
    await world.link('shop', SHOP)
    world.simulator.contact(ANA)
  }, 30_000)
  afterAll(() => world.end())

  const lines = () =>
    world.output
      .split('\n')
      .filter(line => line.startsWith('{'))
      .map(line => JSON.parse(line) as Record<string, unknown>)
  const of = (name: string, id: string) => lines().filter(line => line[name] === id)
  const ask = (path: string, id: string, body?: object) =>
    fetch(`${world.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', 'x-request-id': id },
      ...(body && { body: JSON.stringify(body) }),
    })

  it('tells under the id of a request what it set off, and nothing that came of itself later', async () => {
    await ask('/sessions/shop/restart', 'r-restart')
    await world.waitForState('shop', 'open')
    await world.simulator.fault({ kind: 'reset' })
    await vi.waitFor(() =>
      expect(of('msg', 'session lost its connection and comes back by itself')).toHaveLength(1),
    )
    await world.waitForState('shop', 'open')
    const story = of('request_id', 'r-restart')
    expect(story.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['session connects', 'answered']))
    expect(story.filter(({ session_id }) => session_id !== 'shop')).toEqual([])
    expect(story.map(({ msg }) => msg)).not.toContain('session lost its connection and comes back by itself')
    await ask('/send-message', 'r-send', { session_id: 'shop', wa_id: ANA, type: 'text', body: 'words' })
    expect(of('request_id', 'r-send')).toMatchObject([{ msg: 'answered', session_id: 'shop', status: 200 }])
  })

  it('tells under the id of a session all of its own, and names it and requests one way only', async () => {
    world.laravel.misbehaviour = { status: 422 }
    await world.simulator.contact(ANA).say(SHOP, 'words')
    await world.laravel.seen(({ path, status }) => path === '/messages' && status === 422)
    world.laravel.misbehaviour = null
    expect(of('session_id', 'shop').map(({ msg }) => msg)).toEqual(
      expect.arrayContaining([
        'session waits for its QR to be scanned',
        'session is open',
        'session connects',
      ]),
    )
    const names = new Set(lines().flatMap(line => Object.keys(line)))
    expect([...names].filter(name => /[A-Z]/.test(name))).toEqual([])
    expect(world.output).not.toMatch(/"msg":"words|words"/)
  })

  it('names each line of a session once', () => {
    const doubled = world.output.split('\n').filter(line => line.split('"session_id":').length > 2)
    expect(doubled).toEqual([])
  })
})
