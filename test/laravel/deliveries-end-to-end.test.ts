import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, it, vi } from 'vitest'
import type { Clock } from '../../src/base/clock.ts'
import { createLaravel } from '../../src/laravel/client.ts'
import { createDeliveries } from '../../src/laravel/deliveries.ts'
import { messagePayload } from '../../src/laravel/payloads.ts'
import type { Store } from '../../src/ports/store.ts'
import { createInProcessQueue } from '../../src/queue/in-process.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { createTestClock } from '../base/clock.ts'
import { given, inbound, living, messageFact } from '../store/facts.ts'
import { MINUTE, SECOND } from './harness.ts'
import { type Answer, startStandIn } from './stand-in.ts'

const logger = pino({ enabled: false })

/** Everything of one process but WhatsApp. */
function boot(store: Store, url: string, clock: Clock) {
  const laravel = createLaravel({ url, token: 'token', secrets: ['secret'], clock, logger })
  const queue = createInProcessQueue({ clock })
  const deliveries = createDeliveries({ store: store.deliveries, queue, laravel, clock, logger })
  deliveries.start()
  return {
    deliveries,
    async stop() {
      const stopped = deliveries.stop(0)
      if ('advance' in clock) await (clock as ReturnType<typeof createTestClock>).advance(0)
      await stopped
      await laravel.close()
    },
  }
}

async function receive(
  store: Store,
  streamId: string,
  seq: number,
  chat: string,
  at: number,
): Promise<string> {
  const lane = `${streamId}|${chat}`
  const messageId = `M${seq}`
  await store.commit({
    streamId,
    epoch: 1,
    events: [messageFact(seq)],
    messages: [
      {
        insert: {
          messageId,
          chatId: chat,
          direction: 'in',
          dedupeKey: messageId,
          content: { ...inbound(messageId, `text ${seq} ñ 👋`), chat_id: chat },
          status: 'received',
          seq,
          at,
        },
      },
    ],
    deliveries: [
      {
        webhookId: `${streamId}.${seq}.messages`,
        kind: 'messages',
        lane,
        sessionId: 'a',
        seq,
        at,
        payload: null,
      },
    ],
  })
  return lane
}

it('everything is delivered in order per chat after outages of every kind and a restart', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'deliveries-'))
  const clock = createTestClock()
  const start = clock.now()
  const taken = new Map<string, { chat: string; seq: number; body: string }>()
  let sent = 0
  const outage = (): Answer => {
    const kinds: Answer[] = [500, { status: 302, headers: { location: '/login' } }, 'reset', 401, 'hang']
    kinds.push({ status: 429, headers: { 'retry-after': '20' } })
    return kinds[sent++ % kinds.length]!
  }
  const server = await startStandIn(request => {
    if (clock.now() - start < 3 * MINUTE) return outage()
    if (request.path === '/api/whatsapp/status') return 200
    const id = String(request.headers['webhook-id'])
    const body = messagePayload.parse(JSON.parse(request.body))
    if (!taken.has(id))
      taken.set(id, { chat: body.chat_id, seq: Number(id.split('.')[1]), body: body.body ?? '' })
    return 201
  })
  let store = await openSqliteStore({ dataDir, now: clock.now })
  let process = boot(store, server.url, clock)
  try {
    const streamId = await given(store, 'a')
    const statusLane = `${streamId}|status`
    await store.commit({
      streamId,
      epoch: 1,
      events: [messageFact(2)],
      deliveries: [
        {
          webhookId: `${streamId}.2.status`,
          kind: 'status',
          lane: statusLane,
          sessionId: 'a',
          seq: 2,
          at: start,
          payload: { session_id: 'a', estado_qr: 'active' },
        },
      ],
    })
    process.deliveries.wake(statusLane)
    for (let seq = 3; seq < 45; seq++) {
      process.deliveries.wake(await receive(store, streamId, seq, `chat${seq % 7}`, clock.now()))
      if (seq % 6 === 0) await clock.advance(SECOND)
      if (seq === 30) {
        await vi.waitFor(async () => {
          await clock.advance(SECOND)
          expect(process.deliveries.health().ok).toBe(false)
        }, 20_000)
        await process.stop()
        await store.close()
        store = await openSqliteStore({ dataDir, now: clock.now })
        process = boot(store, server.url, clock)
      }
    }
    expect(await store.deliveries.counts()).toEqual({ pending: 43, dead: 0 })
    await vi.waitFor(
      async () => {
        await clock.advance(2 * SECOND)
        expect(await store.deliveries.counts()).toEqual({ pending: 0, dead: 0 })
      },
      { timeout: 100_000, interval: 10 },
    )
    for (let chat = 0; chat < 7; chat++) {
      const seqs = [...taken.values()].filter(entry => entry.chat === `chat${chat}`).map(entry => entry.seq)
      expect(seqs).toEqual(Array.from({ length: 42 }, (_, n) => n + 3).filter(seq => seq % 7 === chat))
    }
    expect([...taken.values()].every(entry => entry.body === `text ${entry.seq} ñ 👋`)).toBe(true)
    expect((await living(store, 'a')).acceptedStatus).toMatchObject({ estadoQr: 'active' })
    expect(process.deliveries.health()).toEqual({ ok: true, problem: null })
  } finally {
    await process.stop()
    await store.close()
    await server.close()
    await rm(dataDir, { recursive: true })
  }
}, 120_000)

it('three hundred messages of thirty chats are delivered, each once and in order', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'deliveries-'))
  const clock: Clock = {
    now: Date.now,
    setTimeout: (fn, ms) => setTimeout(fn, ms),
    clearTimeout: id => clearTimeout(id as NodeJS.Timeout),
  }
  const server = await startStandIn(() => 200)
  const store = await openSqliteStore({ dataDir })
  const process = boot(store, server.url, clock)
  try {
    const streamId = await given(store, 'a')
    const writes: Promise<void>[] = []
    for (let seq = 2; seq < 302; seq++)
      writes.push(
        receive(store, streamId, seq, `chat${seq % 30}`, clock.now()).then(lane =>
          process.deliveries.wake(lane),
        ),
      )
    await Promise.all(writes)
    await vi.waitFor(async () => expect((await store.deliveries.counts()).pending).toBe(0), {
      timeout: 100_000,
    })
    expect(server.seen).toHaveLength(300)
    const last = new Map<string, number>()
    for (const { headers, body } of server.seen) {
      const seq = Number(String(headers['webhook-id']).split('.')[1])
      const chat = messagePayload.parse(JSON.parse(body)).chat_id
      expect(seq).toBeGreaterThan(last.get(chat) ?? 0)
      last.set(chat, seq)
    }
    expect(server.connections.size).toBeLessThanOrEqual(64)
  } finally {
    await process.stop()
    await store.close()
    await server.close()
    await rm(dataDir, { recursive: true })
  }
}, 120_000)
