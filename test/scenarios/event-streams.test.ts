import { connect, createServer, type Socket } from 'node:net'
import { Agent, EventSource } from 'undici'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Traffic } from './traffic.ts'
import { KEY, World } from './world.ts'

/** A client of the standard's own rules that reads a path of the manager through a line that can be cut, whatever port it has now. */
class Listener {
  readonly told: { id: number; session_id?: string; seq: number; type: string }[] = []
  resets = 0
  #source: EventSource | undefined
  readonly #sockets = new Set<Socket>()
  readonly #line

  constructor(world: World) {
    this.#line = createServer(near => {
      const far = connect(Number(new URL(world.url).port), '127.0.0.1')
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one)
        one.on('error', () => {})
        one.on('close', () => other.destroy())
        one.pipe(other)
      }
    })
  }

  async open(path: string): Promise<this> {
    await new Promise<void>(resolve => this.#line.listen(0, '127.0.0.1', resolve))
    const { port } = this.#line.address() as { port: number }
    const withKey = new Agent().compose(dispatch => (options, handler) => {
      const headers = { ...(options.headers as Record<string, string>), 'x-api-key': KEY }
      return dispatch({ ...options, headers }, handler)
    })
    const source = new EventSource(`http://127.0.0.1:${port}${path}`, { node: { dispatcher: withKey } })
    source.onmessage = ({ data, lastEventId }) =>
      this.told.push({ id: Number(lastEventId), ...JSON.parse(data as string) })
    source.addEventListener('reset', () => this.resets++)
    this.#source = source
    await vi.waitFor(() => expect(source.readyState).toBe(EventSource.OPEN), { timeout: 5_000 })
    return this
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
    this.#sockets.clear()
  }

  close(): void {
    this.#source?.close()
    this.cut()
    this.#line.close()
  }
}

describe('What happens, as a stream', () => {
  const world = new World({ LOG_LEVEL: 'info', CONNECT_PER_SECOND: '1000' })
  const listeners: Listener[] = []
  const listen = (path: string) => {
    const one = new Listener(world)
    listeners.push(one)
    return one.open(path)
  }
  /** The whole log of a session, as it can be asked for. */
  const log = async (id: string) => {
    const { body } = await world.call('GET', `/sessions/${id}/events?limit=1000`)
    const { events } = body as unknown as { events: { seq: number; type: string }[] }
    return events.map(({ seq, type }) => `${id} ${seq} ${type}`)
  }
  beforeAll(() => world.start(), 60_000)
  afterAll(async () => {
    for (const one of listeners) one.close()
    await world.end()
  })

  it('is told whole, once and in order, however often it is cut and the manager killed', {
    timeout: 90_000,
  }, async () => {
    const all = await listen('/events')
    const sessions = await world.linkMany(3)
    const shop = await listen(`/sessions/${sessions[0]!.id}/events`)
    const traffic = new Traffic(world, sessions).begin()
    const more = async (count: number) => {
      const before = all.told.length
      await vi.waitFor(() => expect(all.told.length).toBeGreaterThan(before + count), { timeout: 20_000 })
    }
    await more(20)
    all.cut()
    await more(20)
    await world.stopManager('SIGKILL')
    await world.startManager()
    shop.cut()
    await more(50)
    await traffic.end()

    const told = (listener: Listener, id: string) =>
      listener.told
        .filter(({ session_id }) => (session_id ?? id) === id)
        .map(({ seq, type }) => `${id} ${seq} ${type}`)
    const first = sessions[0]!.id
    for (const [listener, id] of [...sessions.map(({ id }) => [all, id] as const), [shop, first] as const])
      await vi.waitFor(async () => expect(told(listener, id)).toEqual(await log(id)), { timeout: 10_000 })
    const positions = all.told.map(({ id }) => id)
    expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b))
    expect([all.resets, shop.resets]).toEqual([0, 0])
  })

  it('ends for a session that is deleted, and tells all of it', async () => {
    await world.call('POST', '/start', { user_id: 1, session_id: 'brief' })
    await world.laravel.seen(({ path, body }) => path === '/qr' && body.session_id === 'brief')
    const brief = await listen('/sessions/brief/events')
    await world.call('DELETE', '/sessions/brief')
    for (const one of [brief, listeners[0]!])
      await vi.waitFor(() => expect(one.told.at(-1)?.type).toBe('session.deleted'), { timeout: 5_000 })
  })
})
