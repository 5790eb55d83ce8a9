import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Collected, Collector } from '../telemetry/collector.ts'
import { KEY, World } from './world.ts'

const SHOP = '34600000001'
const ANA = '34600000002'
const CALLER = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' }

async function start(env: Record<string, string>, collector: Collector): Promise<World> {
  const url = await collector.listen()
  const world = new World({
    LOG_LEVEL: 'info',
    SEND_WAIT_MS: '2000',
    CONNECT_PER_SECOND: '1000',
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_BSP_SCHEDULE_DELAY: '50',
    ...env,
  })
  await world.start()
  await world.link('shop', SHOP)
  return world
}

/** Resolves with the first span, past or future, that fits. */
const span = (collector: Collector, fits: (one: Collected) => boolean) =>
  vi.waitFor(
    () => {
      const found = collector.spans.find(fits)
      if (found === undefined) throw new Error(`not among ${collector.spans.map(({ name }) => name)}`)
      return found
    },
    { timeout: 10_000, interval: 20 },
  )

describe('With a collector', () => {
  const collector = new Collector()
  let world: World
  beforeAll(async () => {
    world = await start({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, collector)
  }, 60_000)
  afterAll(async () => {
    await world.end()
    await collector.close()
  })

  const send = async (body: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${world.url}/send-message`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ session_id: 'shop', wa_id: ANA, type: 'text', body }),
    })
    return (await response.json()) as { message_id: string; status: string }
  }
  const traceOf = async (name: string, messageId: string) => {
    const root = await span(
      collector,
      one => one.name === name && one.attributes['whatsapp.message.id'] === messageId,
    )
    return { root, trace: collector.trace(root.trace) }
  }

  it('a send is one trace, from the request of a caller who has one to the ack of WhatsApp', async () => {
    world.simulator.contact(ANA)
    const traceparent = `00-${CALLER.trace}-${CALLER.span}-01`
    const { message_id, status } = await send('words of a person', { traceparent, 'x-request-id': 'r-1' })
    expect(status).toBe('sent')
    await span(collector, one => one.name === 'POST /send-message' && one.trace === CALLER.trace)
    const { root, trace } = await traceOf('send', message_id)
    expect(root.trace).toBe(CALLER.trace)
    const [request] = trace.get('POST /send-message')!
    expect(request).toMatchObject({ parent: CALLER.span, failed: false })
    expect(request!.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/send-message',
      'http.response.status_code': 200,
      'whatsapp.request.id': 'r-1',
      'whatsapp.session.id': 'shop',
    })
    expect(root).toMatchObject({ parent: request!.id, failed: false })
    expect(root.attributes).toEqual({
      'whatsapp.session.id': 'shop',
      'whatsapp.message.id': message_id,
      'whatsapp.message.type': 'text',
      'whatsapp.message.status': 'sent',
      'whatsapp.send.attempts': 1,
    })
    const parts = ['commit queued', 'wait', 'encrypt', 'transmit', 'ack', 'commit sent']
    expect(
      Object.fromEntries(parts.map(name => [name, trace.get(name)?.map(({ parent }) => parent)])),
    ).toEqual(Object.fromEntries(parts.map(name => [name, [root.id]])))
    // One after the other, and all of them within the send.
    const times = ['wait', 'encrypt', 'transmit', 'ack'].map(
      name => collector.times.get(trace.get(name)![0]!.id)!,
    )
    const whole = collector.times.get(root.id)!
    for (const [i, { from, to }] of times.entries()) {
      expect(from >= (times[i - 1]?.to ?? whole.from) && to >= from && whole.to >= to).toBe(true)
    }
  })

  it('a send that waits for a connection says so, and one that is transmitted twice has two attempts', async () => {
    world.simulator.contact(ANA).autoDelivered = false
    world.simulator.dropAck(SHOP)
    const { message_id, status } = await send('twice')
    expect(status).toBe('queued')
    await world.simulator.fault({ kind: 'reset' })
    const { root, trace } = await traceOf('send', message_id)
    world.simulator.contact(ANA).autoDelivered = true
    expect(root.attributes).toMatchObject({ 'whatsapp.send.attempts': 2, 'whatsapp.message.status': 'sent' })
    expect([trace.get('encrypt')!.length, trace.get('transmit')!.length]).toEqual([2, 2])
    expect(
      trace
        .get('ack')!
        .map(({ failed }) => failed)
        .sort(),
    ).toEqual([false, true])
    expect(root.parent).toBe(trace.get('POST /send-message')![0]!.id)
  }, 60_000)

  it('a message is one trace, from the stanza to a 2xx of Laravel, who gets it with each attempt', async () => {
    world.laravel.misbehaviour = { status: 500 }
    const { id } = await world.simulator.contact(ANA).say(SHOP, 'words of another person')
    await world.laravel.seen(({ path, status }) => path === '/messages' && status === 500)
    world.laravel.misbehaviour = null
    const { root, trace } = await traceOf('receive', id)
    expect(root).toMatchObject({ parent: '', failed: false })
    expect(root.attributes).toEqual({
      'whatsapp.session.id': 'shop',
      'whatsapp.message.id': id,
      'whatsapp.message.type': 'text',
      'whatsapp.delivery.attempts': 2,
    })
    const posts = trace.get('POST /messages')!
    expect(posts.map(one => [one.failed, one.attributes['http.response.status_code']])).toEqual([
      [true, 500],
      [false, 200],
    ])
    expect([
      trace.get('decrypt')!.length,
      trace.get('commit received')!.length,
      trace.get('wait')!.length,
    ]).toEqual([1, 1, 2])
    const children = [...trace.values()].flat().filter(one => one !== root)
    expect(new Set(children.map(({ parent }) => parent))).toEqual(new Set([root.id]))
    const told = world.laravel.received.filter(
      ({ path, body }) => path === '/messages' && body.message_id === id,
    )
    expect(told.map(({ headers }) => headers.traceparent)).toEqual(
      posts.map(post => `00-${root.trace}-${post.id}-01`),
    )
  }, 60_000)

  it('a restart separates traces, hands over what it has, and loses no message', async () => {
    world.laravel.misbehaviour = { status: 503 }
    const { id } = await world.simulator.contact(ANA).say(SHOP, 'before the restart')
    await world.laravel.seen(({ path, body }) => path === '/messages' && body.message_id === id)
    expect(await world.stopManager('SIGTERM')).toBe(0)
    const { trace } = await traceOf('receive', id)
    expect(trace.get('POST /messages')!.map(({ failed }) => failed)).toContain(true)
    world.laravel.misbehaviour = null
    await world.startManager()
    const later = await span(
      collector,
      one => one.name === 'POST /messages' && !one.failed && one.attributes['whatsapp.message.id'] === id,
    )
    expect([later.parent, trace.has(later.trace)]).toEqual(['', false])
    await world.waitForState('shop', 'open')
  }, 60_000)

  it('a send that leaves after a restart names the trace of its request', async () => {
    await world.simulator.fault({ kind: 'refuse' })
    const { message_id, status } = await send('before the restart')
    expect(status).toBe('queued')
    expect(await world.stopManager('SIGTERM')).toBe(0)
    const { root: before } = await traceOf('send', message_id)
    await world.simulator.heal('refuse')
    await world.startManager()
    const after = await span(
      collector,
      one =>
        one.attributes['whatsapp.message.id'] === message_id && one.id !== before.id && one.name === 'send',
    )
    expect(after.attributes).toMatchObject({ 'whatsapp.send.resumed': true })
    expect(after.links).toEqual([`${before.trace} ${before.id}`])
    expect(after.trace).not.toBe(before.trace)
    expect((await world.call('GET', `/sessions/shop/messages/${message_id}`)).body).not.toHaveProperty(
      'trace',
    )
    await world.waitForState('shop', 'open')
  }, 60_000)

  it('a collector that takes nothing is told of once, and changes nothing else', async () => {
    collector.status = 400
    for (const body of ['one', 'two', 'three']) expect((await send(body)).status).toBe('sent')
    const line = 'the collector takes no traces, they are lost'
    await vi.waitFor(() => expect(world.output).toContain(line), { timeout: 10_000, interval: 20 })
    collector.status = 200
    const { message_id } = await send('four')
    await traceOf('send', message_id)
    await vi.waitFor(() => expect(world.output).toContain('the collector takes traces again'))
    expect(world.output.split(line)).toHaveLength(2)
  }, 60_000)

  it('no word, number, key or name of anybody is in what was told', () => {
    expect(collector.raw.length).toBeGreaterThan(5_000)
    expect(collector.raw).toContain('whatsapp-manager')
    expect(collector.raw).not.toMatch(
      /words of|twice|before the restart|346\d{8}|s\.whatsapp\.net|@lid|Shop shop/,
    )
    expect(collector.raw).not.toContain(KEY)
    expect(collector.spans.filter(({ name }) => /health|metrics/.test(name))).toEqual([])
    expect(new Set(collector.requests.map(({ path }) => path))).toEqual(new Set(['/v1/traces']))
  })
})

describe('What the standard variables say', () => {
  it('is done: protobuf by default, headers, names of the resource, a sampler that takes nothing', async () => {
    const collector = new Collector()
    const world = await start(
      {
        OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=bakery',
        OTEL_SERVICE_NAME: 'the-bakery',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      },
      collector,
    )
    const first = await span(collector, ({ name }) => name === 'POST /start')
    expect(first.trace).toMatch(/^[0-9a-f]{32}$/)
    expect(collector.requests[0]).toMatchObject({
      path: '/v1/traces',
      headers: { 'content-type': 'application/x-protobuf', 'x-tenant': 'bakery' },
    })
    for (const text of ['the-bakery', 'deployment.environment.name']) expect(collector.raw).toContain(text)
    await world.stopManager('SIGTERM')
    await world.startManager({ OTEL_TRACES_SAMPLER: 'always_off' })
    const before = collector.requests.length
    await world.waitForState('shop', 'open')
    expect(await world.stopManager('SIGTERM')).toBe(0)
    expect(collector.requests).toHaveLength(before)
    await world.startManager({ OTEL_SDK_DISABLED: 'true' })
    await world.waitForState('shop', 'open')
    expect(await world.stopManager('SIGTERM')).toBe(0)
    expect(collector.requests).toHaveLength(before)
    await world.end()
    await collector.close()
  }, 60_000)
})
