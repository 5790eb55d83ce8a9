import { decodeBinaryNode, encodeBinaryNode, proto } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { message } from '../hostile/protobufs.ts'
import { below, mutate, seeded } from '../hostile/random.ts'
import { stanza } from '../hostile/stanzas.ts'
import { textsIn } from '../hostile/texts.ts'
import { World } from './world.ts'

/** HOSTILE_SEED repeats a run; HOSTILE_TIMES makes it that much longer. */
const SEED = Number(process.env.HOSTILE_SEED ?? 1)
const TIMES = Number(process.env.HOSTILE_TIMES ?? 1)
const COUNTS = { stanzas: 6_500 * TIMES, frames: 3_200 * TIMES, messages: 150 * TIMES }
/** Sent without a pause; then the other session must have got what was said to it. */
const BATCH = 250
/** A frame that nobody can decode ends its connection, which takes a moment to come back. */
const MAX_BROKEN = 25 * TIMES
/** Each is asked for again, and again, a moment apart. */
const MAX_UNREADABLE = 10 * TIMES

const isReadable = (encoded: Uint8Array) => {
  try {
    return Boolean(proto.Message.decode(encoded))
  } catch {
    return false
  }
}

const VICTIM = '34600000001'
const OTHER = '34600000002'
const PEER = '34600000099'
const PEERS = Array.from({ length: 8 }, (_, i) => `3460000008${i}`)
const FROM = [
  `${PEER}@s.whatsapp.net`,
  `${PEER}:3@s.whatsapp.net`,
  `${VICTIM}@s.whatsapp.net`,
  's.whatsapp.net',
  '@g.us',
  '',
]

const world = new World({
  LOG_LEVEL: 'info',
  CONNECT_PER_SECOND: '1000',
  LARAVEL_EVENTS: 'call,group,contact',
})
let said = 0
let group = ''

const victim = () => world.simulator.devices.find(({ account }) => account.pn === VICTIM)!
const factsOf = async (id: string) => {
  const { body } = await world.call('GET', `/sessions/${id}/events?limit=1000`)
  return (body as unknown as { events: { type: string }[] }).events.map(({ type }) => type)
}

/** The victim's open connection; a session that was thrown off comes back, at once if it is asked to. */
async function connection() {
  const { connection: now } = victim()
  if (now?.open && now.ready) return now
  await vi.waitFor(
    async () => {
      if (!victim().connection?.ready) await world.call('POST', '/sessions/victim/restart')
      expect(victim().connection?.ready).toBe(true)
    },
    { timeout: 20_000, interval: 300 },
  )
  return victim().connection!
}

/** The other session notices nothing of all this, and the process answers. */
async function othersAreWell() {
  const words = `still here ${++said}`
  await world.simulator.contact(PEER).say(OTHER, words)
  await world.laravel.seen(({ path, body }) => path === '/messages' && body.body === words)
  expect((await world.call('GET', '/health/ready')).body).toMatchObject({ ready: true, warnings: [] })
  expect(world.output).not.toContain('a fault that nobody caught')
}

describe(`A hostile server and hostile peers (seed ${SEED})`, () => {
  beforeAll(async () => {
    await world.start()
    await world.link('victim', VICTIM)
    await world.link('other', OTHER)
    group = world.simulator.group('Hostile', [...PEERS, VICTIM]).jid
  }, 60_000)
  afterAll(() => world.end({ unsettled: 'nobody can answer what is no stanza' }))

  it(
    `${COUNTS.stanzas} stanzas that no server should send`,
    async () => {
      const random = seeded(SEED)
      for (let i = 0; i < COUNTS.stanzas; i++) {
        if (i % BATCH === 0) await othersAreWell()
        const hostile = stanza(random, [...FROM, group])
        try {
          ;(await connection()).send(hostile)
        } catch (error) {
          // Some cannot even be written.
          if (
            !(
              error instanceof TypeError ||
              error instanceof RangeError ||
              /content|invalid/i.test(String(error))
            )
          )
            throw error
        }
      }
      await othersAreWell()
    },
    120_000 * TIMES,
  )

  it(
    `${COUNTS.frames} frames with bytes changed, cut and put in`,
    async () => {
      const random = seeded(SEED + 1)
      let broken = 0
      for (let i = 0; i < COUNTS.frames; i++) {
        if (i % BATCH === 0) await othersAreWell()
        let plain: Uint8Array
        try {
          plain = mutate(random, encodeBinaryNode(stanza(random, [...FROM, group])))
        } catch {
          continue
        }
        const tag = await Promise.resolve(plain)
          .then(bytes => decodeBinaryNode(Buffer.from(bytes)))
          .then(
            node => node.tag,
            () => null,
          )
        // What ends a connection, or a link, does what it says.
        if (tag === 'stream:error' || tag === 'failure' || tag === 'xmlstreamend') continue
        if (tag === null && (broken >= MAX_BROKEN || below(random, 5) > 0)) continue
        if (tag === null) broken++
        ;(await connection()).sendBytes(plain)
      }
      await othersAreWell()
    },
    120_000 * TIMES,
  )

  it(
    `${COUNTS.messages} messages that no client should write, while another chat of the same session goes on`,
    async () => {
      const random = seeded(SEED + 2)
      const ids = Array.from({ length: 50 }, (_, i) => `3EB0HOSTILE${i}`)
      let unreadable = 0
      for (let i = 0; i < COUNTS.messages; i++) {
        if (i % 50 === 0) await othersAreWell()
        const peer = world.simulator.contact(PEERS[below(random, PEERS.length)]!)
        const to = random() < 0.2 ? group : VICTIM
        let raw = message(random, ids)
        while (!isReadable(raw) && unreadable >= MAX_UNREADABLE) raw = message(random, ids)
        if (!isReadable(raw)) unreadable++
        await peer.say(to, { raw }, { id: ids[i] ?? `3EB0H${i.toString(16)}` })
      }
      await connection()
      await world.simulator.contact(PEER).say(VICTIM, 'from a friend')
      const arrived = () => world.laravel.accepted('/messages').some(({ body }) => body === 'from a friend')
      await vi.waitFor(() => expect(arrived()).toBe(true), { timeout: 30_000 })
      await othersAreWell()
    },
    120_000 * TIMES,
  )

  it('left the other session alone: not one of its connections ended, and nothing crashed', async () => {
    const facts = await factsOf('other')
    expect(facts.filter(type => type === 'session.crashed')).toEqual([])
    // One after its link.
    expect(facts.filter(type => type === 'socket.closed')).toHaveLength(1)
    expect(facts.filter(type => type === 'message.received')).toHaveLength(said)
    expect((await factsOf('victim')).filter(type => type === 'session.crashed')).toEqual([])
    // PHP reads no body with half of a pair of surrogates in it.
    const told = world.laravel.received.flatMap(({ body }) => textsIn(body))
    expect(told.filter(words => !words.isWellFormed())).toEqual([])
    await connection()
    await world.waitForState('victim', 'open')
  })
})
