import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createBrowserReceiver,
  createWebSocketReceiver,
  type StatelyActorEvent,
  type StatelyInspectionEvent,
  type StatelySnapshotEvent,
} from '@statelyai/inspect'
import { createInspectorServer } from '@statelyai/inspect/server'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createMachine } from 'xstate'
import { KEY, World } from './world.ts'

const [SHOP, ANA] = ['34600000001', '34600000002']

/** What the library's own client is told, and what it makes of it. */
class Receiver {
  readonly messages: StatelyInspectionEvent[] = []

  constructor(url: string) {
    createWebSocketReceiver({ server: url }).subscribe(message => this.messages.push(message))
  }

  get actors(): StatelyActorEvent[] {
    return this.messages.filter(message => message.type === '@xstate.actor')
  }

  snapshots(sessionId: string): StatelySnapshotEvent[] {
    return this.messages.filter(
      one => one.type === '@xstate.snapshot' && one.sessionId === sessionId,
    ) as never
  }

  /** The actor that goes by this name now. */
  actor(name: string): StatelyActorEvent | undefined {
    return this.actors.findLast(one => one.name === name)
  }

  /** What it is at, dotted. */
  stateOf(name: string): string | undefined {
    const actor = this.actor(name)
    const snapshot = actor && (this.snapshots(actor.sessionId).at(-1) ?? actor).snapshot
    return snapshot && dotted((snapshot as { value?: unknown }).value)
  }
}

/** A run that was recorded here, with RECORD=1. */
const RECORDED = 'test/fixtures/inspected-link.jsonl'

const dotted = (value: unknown): string =>
  typeof value !== 'object' || value === null
    ? String(value)
    : Object.entries(value)
        .map(([name, below]) => `${name}.${dotted(below)}`)
        .join()

/** What made the session go where, step by step. */
function entered(messages: StatelyInspectionEvent[]): string[] {
  const root = messages.find(one => one.type === '@xstate.actor' && one.name === 'shop')!.sessionId
  const snapshots = messages.filter(
    one => one.type === '@xstate.snapshot' && one.sessionId === root,
  ) as StatelySnapshotEvent[]
  const steps = snapshots.map(({ event, snapshot }) => ({
    type: event.type,
    at: dotted((snapshot as never as { value: unknown }).value),
  }))
  return steps.filter(({ at }, i) => at !== steps[i - 1]?.at).map(({ type, at }) => `${type} ${at}`)
}

describe("What runs, read by the inspector's own client", () => {
  const world = new World({ API_KEYS: `${KEY},looks:read`, LOG_LEVEL: 'info' })
  const address = (query = '') =>
    `${world.url.replace('http:', 'ws:').replace('//', '//:looks@')}/inspect${query}`
  let all: Receiver
  /** As the API says. */
  const stateOf = async (id: string) => {
    const { state, detail } = await world.session(id)
    return detail === null ? state : `${state}.${detail}`
  }
  const agrees = (receiver: Receiver, id: string) =>
    vi.waitFor(async () => expect(receiver.stateOf(id)).toBe(await stateOf(id)), { timeout: 10_000 })

  beforeAll(async () => {
    await world.start()
    all = new Receiver(address())
    await vi.waitFor(() => expect(all.messages.length).toBeGreaterThan(0), { timeout: 5_000 })
    await world.link('shop', SHOP)
    await agrees(all, 'shop')
    if (process.env.RECORD)
      writeFileSync(RECORDED, `${all.messages.map(one => JSON.stringify(one)).join('\n')}\n`)
  })
  afterAll(() => world.end())

  it('begins with the supervisor, and tells of a session as it is born', () => {
    expect(all.messages.slice(0, 2)).toMatchObject([
      { type: '@xstate.actor', name: 'supervisor', _version: '0.7.2' },
      { type: '@xstate.snapshot', snapshot: { status: 'active', value: { running: 'serving' } } },
    ])
    const recorded = readFileSync(RECORDED, 'utf8').trim().split('\n')
    expect(entered(all.messages)).toEqual(entered(recorded.map(line => JSON.parse(line))))
    expect(entered(all.messages).at(-1)).toBe('socket.opened open.settling')
    expect(all.actors.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['supervisor', 'shop', 'shop.socket', 'shop.question', 'shop.publication']),
    )
  })

  it('tells who sent what to whom, each actor before what it does, in order', () => {
    const known = new Set<string>()
    for (const message of all.messages) {
      if (message.type === '@xstate.actor') known.add(message.sessionId)
      else expect(known).toContain(message.sessionId)
      expect(Number(message.createdAt)).toBeGreaterThan(Date.now() - 60_000)
    }
    const [root, sockets] = [all.actor('shop')!, all.actors.filter(({ name }) => name === 'shop.socket')]
    const opened = all.messages.find(
      one => one.type === '@xstate.event' && one.event.type === 'socket.opened',
    )
    expect(opened).toMatchObject({
      sessionId: root.sessionId,
      sourceId: sockets.at(-1)!.sessionId,
      rootId: root.sessionId,
    })
    const numbers = all.messages.map(({ id }) => Number(id))
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
  })

  it('gives the chart itself, which XState can draw from', () => {
    const { definition } = all.actor('shop')!
    const machine = createMachine(JSON.parse(definition!))
    expect(Object.keys(machine.states)).toEqual([
      'starting',
      'awaitingQr',
      'open',
      'reconnecting',
      'loggedOut',
    ])
  })

  it('gives who comes late the actors first, then what each is at, then what happens', async () => {
    const late = new Receiver(address('?session_id=shop'))
    await agrees(late, 'shop')
    const kinds = late.messages.map(({ type }) => type.slice(8)).join(' ')
    expect(kinds).toBe('actor actor snapshot snapshot')
    expect(late.actors.map(({ name }) => name)).toEqual(['shop', 'shop.socket'])
    expect(late.actors[1]).toMatchObject({ parentId: late.actors[0]!.sessionId })
    await world.call('POST', '/sessions/shop/restart')
    await vi.waitFor(() => expect(late.actors.length).toBe(3), { timeout: 10_000 })
    await world.waitForState('shop', 'open')
    await agrees(late, 'shop')
    expect(late.messages.some(({ sessionId }) => sessionId === all.actor('supervisor')!.sessionId)).toBe(
      false,
    )
  })

  it("is what the viewer's own page takes, by its own rules", () => {
    const heard: ((event: { data: unknown }) => void)[] = []
    const asked: unknown[] = []
    const page = {
      addEventListener: (_: string, listener: (event: { data: unknown }) => void) => heard.push(listener),
      opener: { postMessage: (message: unknown) => asked.push(message) },
    }
    const taken: StatelyInspectionEvent[] = []
    createBrowserReceiver({ window: Object.assign(page, { self: page, top: page }) as never }).subscribe(
      one => taken.push(one),
    )
    expect(asked).toEqual([{ type: '@statelyai.connected' }])
    for (const data of all.messages) for (const listener of heard) listener({ data })
    expect(taken).toEqual(all.messages)
  })

  it('shows no QR, no code, no key and no body', async () => {
    await world.call('POST', '/start', { user_id: 1, session_id: 'coded', phone_number: '34600000003' })
    const posted = await world.laravel.seen(({ path }) => path === '/pairing-code')
    await world.simulator.contact(ANA).say(SHOP, 'un texto muy privado')
    await world.laravel.seen(({ path, body }) => path === '/messages' && body.body === 'un texto muy privado')
    await world.send('shop', ANA, 'otro texto privado')
    await agrees(all, 'coded')
    const told = JSON.stringify(all.messages)
    const qr = String(world.laravel.accepted('/qr')[0]!.qr)
    const parts = qr.split(/[#,]/).filter(part => part.length > 10)
    expect(parts.length).toBeGreaterThan(3)
    for (const secret of [
      KEY,
      qr,
      ...parts,
      String(posted.body.code),
      'texto muy privado',
      'otro texto privado',
    ])
      expect(told.includes(secret), secret).toBe(false)
  })

  it('gives the same by server-sent events', async () => {
    const abort = new AbortController()
    const response = await fetch(`${world.url}/inspect?session_id=shop,coded`, {
      headers: { 'x-api-key': 'looks', accept: 'text/event-stream' },
      signal: abort.signal,
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    let text = ''
    for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
      text += part
      if ((text.match(/"@xstate.snapshot"/g) ?? []).length >= 4) break
    }
    const messages = [...text.matchAll(/^data: (.*)$/gm)].map(
      ([, json]) => JSON.parse(json!) as StatelyInspectionEvent,
    )
    expect(messages[0]).toMatchObject({
      type: '@xstate.actor',
      name: 'shop',
      snapshot: { value: { open: expect.any(String) } },
    })
    expect(
      messages.filter(({ type }) => type === '@xstate.actor').map(one => (one as StatelyActorEvent).name),
    ).toContain('coded')
  })
  describe('npm run inspect', () => {
    const children: ChildProcess[] = []
    const command = (...given: string[]) => {
      const child = spawn(
        process.execPath,
        ['inspect/run.ts', '--url', world.url, '--key', 'looks', ...given],
        {
          env: { PATH: process.env.PATH },
        },
      )
      children.push(child)
      const said = { text: '' }
      for (const stream of [child.stdout!, child.stderr!]) stream.on('data', part => (said.text += part))
      return Object.assign(said, { child, ended: once(child, 'close') })
    }
    const says = (said: { text: string }, words: RegExp) =>
      vi.waitFor(() => expect(said.text).toMatch(words), { timeout: 15_000 })
    afterAll(() => {
      for (const child of children) child.kill('SIGKILL')
    })

    it('prints what happens, and says when the manager is away', async () => {
      const said = command('--session', 'shop', '--print')
      await says(said, /shop +● open\.\w+\n.*shop\.socket +●\n/)
      await world.call('POST', '/sessions/shop/restart')
      await says(
        said,
        /shop +◀ restart\.requested\n[\s\S]*open\.\w+ ▶ starting\.connecting\n[\s\S]*▶ open\.settling/,
      )
      await world.stopManager('SIGTERM')
      await says(said, /the manager shows nothing at the moment/)
      said.child.kill('SIGINT')
      expect((await said.ended)[0]).toBe(130)
      expect(said.text).not.toContain('looks')
      await world.startManager()
      await world.waitForState('shop', 'open')
    })

    it('serves a page that hands the stream to the viewer, to who knows its address', async () => {
      const said = command('--session', 'shop', '--no-open', '--viewer', 'http://127.0.0.1:1/inspect')
      await says(said, /http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/\n[\s\S]*--print/)
      const url = /http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\//.exec(said.text)![0]
      const page = await fetch(url)
      expect(page.headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; frame-src http:\/\/127\.0\.0\.1:1;/,
      )
      expect(await page.text()).toContain('<iframe id="viewer"')
      const abort = new AbortController()
      const stream = await fetch(`${url}stream`, { signal: abort.signal })
      let text = ''
      for await (const part of stream.body!.pipeThrough(new TextDecoderStream())) {
        text += part
        if (text.split('@xstate.snapshot').length > 2) break
      }
      expect(text).toMatch(/^retry: 2000\n\ndata: \{"type":"@xstate.actor","name":"shop",/)
      const { port } = new URL(url)
      for (const path of ['', 'stream', 'x/stream'])
        expect((await fetch(`http://127.0.0.1:${port}/${path}`)).status).toBe(404)
    })

    it("gives the stream to the library's own relay", async () => {
      // Its server takes no host, and would listen to the whole network.
      const listen = Server.prototype.listen
      vi.spyOn(Server.prototype, 'listen').mockImplementation(function (
        this: Server,
        port: never,
        done: never,
      ) {
        return Reflect.apply(listen, this, [port, '127.0.0.1', done]) as never
      } as never)
      const free = createServer()
      free.listen(0)
      await once(free, 'listening')
      const { port } = free.address() as AddressInfo
      free.close()
      await once(free, 'close')
      const relay = createInspectorServer({ port, autoOpen: false })
      try {
        const said = command('--session', 'shop', '--relay', `ws://127.0.0.1:${port}`)
        await says(said, /takes the stream/)
        const behind = new Receiver(`ws://127.0.0.1:${port}`)
        await agrees(behind, 'shop')
        expect(behind.messages[0]).toMatchObject({ type: '@xstate.actor', name: 'shop' })
        expect(behind.messages.map(({ sessionId }) => sessionId)).toContain(
          behind.actor('shop.socket')!.sessionId,
        )
      } finally {
        vi.restoreAllMocks()
        relay.stop()
      }
    })

    it('says in one sentence what is wrong', async () => {
      const said = command('--session', 'nobody')
      expect((await said.ended)[0]).toBe(1)
      expect(said.text).toMatch(/^inspect: There is no session nobody at http:\S+: GET \/sessions lists/)
    })
  })
})
