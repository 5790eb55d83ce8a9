import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask, leftOpen } from '../hostile/http-client.ts'
import { seeded } from '../hostile/random.ts'
import type { HostileRequest } from '../hostile/request-bytes.ts'
import { everyWrongField, hostileRequest } from '../hostile/requests.ts'
import { KEY, World } from './world.ts'

/** HOSTILE_SEED repeats a run; HOSTILE_TIMES makes it that much longer. */
const SEED = Number(process.env.HOSTILE_SEED ?? 1)
const TIMES = Number(process.env.HOSTILE_TIMES ?? 1)
const COUNT = 10_000 * TIMES
const AT_ONCE = 24

const VICTIM = '34600000001'
const OTHER = '34600000002'
const PEER = '34600000099'

const world = new World({ LOG_LEVEL: 'info' })
let said = 0
const port = () => Number(new URL(world.url).port)

/** A message in, and one out. */
async function othersAreWell(): Promise<void> {
  const words = `still here ${++said}`
  await world.simulator.contact(PEER).say(OTHER, words)
  await world.laravel.seen(({ path, body }) => path === '/messages' && body.body === words)
  expect(await world.send('other', PEER, words)).toMatchObject({ status: 200, body: { status: 'sent' } })
}

/** How many rows each table has of sessions other than `other`, and how many files there are. */
async function stored(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const db = new DatabaseSync(join(world.dataDir, 'store.sqlite'), { readOnly: true })
  const other = "(SELECT stream_id FROM sessions WHERE session_id = 'other')"
  for (const { name } of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()) {
    const ofStream = db.prepare('SELECT 1 FROM pragma_table_info(?) WHERE name = ?').get(name!, 'stream_id')
    const where = ofStream ? `WHERE stream_id NOT IN ${other}` : ''
    counts[String(name)] = Number(db.prepare(`SELECT count(*) AS n FROM ${name} ${where}`).get()!.n)
  }
  db.close()
  counts.files = (await readdir(join(world.dataDir, 'media'), { recursive: true }).catch(() => [])).length
  return counts
}

/** What is wrong with the answers to a request; null if nothing is. */
async function complaint(request: HostileRequest, seen: Map<number, number>): Promise<string | null> {
  const answers = await ask(port(), request)
  // What nobody wants to read is read for half a second, so that its sender gets the answer; a busy machine may not get through more.
  const mayBeCut = request.bytes.length > 1_000_000 && answers.length === 0
  if (request.whole && answers.length !== 1 && !mayBeCut) return `${answers.length} answers`
  for (const { status, headers, body } of answers) {
    seen.set(status, (seen.get(status) ?? 0) + 1)
    if (status >= 500) return `${status} ${body}`
    if (request.refused && status < 400) return `it was taken: ${status} ${body}`
    if (status < 400) continue
    if (!/\r\nx-request-id: \S/i.test(headers)) return `no request id: ${headers}`
    if (body.length === 0 && request.bytes.toString('latin1', 0, 4) === 'HEAD') continue
    const { success, error, message } = JSON.parse(body.toString()) as Record<string, unknown>
    if (success !== false || !/^[A-Z_]+$/.test(String(error)) || typeof message !== 'string') return `${body}`
    if (/node_modules|\n\s+at /.test(message) || message.length > 1_000) return `its message: ${message}`
  }
  return null
}

async function askAll(requests: Iterator<HostileRequest>, seen = new Map<number, number>()) {
  const complaints: string[] = []
  const worker = async () => {
    for (let next = requests.next(); !next.done && complaints.length < 10; next = requests.next()) {
      const { value } = next
      const said = await complaint(value, seen).catch(String)
      if (said !== null)
        complaints.push(`${value.bytes.toString('latin1').slice(0, 400)}\n→ ${said.slice(0, 400)}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  expect(complaints).toEqual([])
  return seen
}

const HEAD = 'POST /start HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'

/** Callers who take their time; each says after how many s at most it is sent away. */
const SLOW: Record<string, { within: number; begin: string; drip?: string }> = {
  'says nothing': { within: 20, begin: '' },
  'says half a line': { within: 20, begin: 'GET /hea' },
  'drips its headers': {
    within: 20,
    begin: 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n',
    drip: 'X-A: b\r\n',
  },
  'sends half a body': {
    within: 35,
    begin: `${HEAD}Authorization: Bearer ${KEY}\r\nContent-Length: 100\r\n\r\n{"user_id":`,
  },
  'drips its body': {
    within: 35,
    begin: `${HEAD}Authorization: Bearer ${KEY}\r\nContent-Length: 1000\r\n\r\n`,
    drip: ' ',
  },
  'drips chunks': {
    within: 35,
    begin: `${HEAD}Authorization: Bearer ${KEY}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    drip: '1\r\n \r\n',
  },
  'is refused and drips on': { within: 35, begin: `${HEAD}Content-Length: 1000\r\n\r\n`, drip: ' ' },
  'keeps alive what it does not use': {
    within: 15,
    begin: 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n',
  },
  'begins another request': {
    within: 35,
    begin: 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\nGET /heal',
    drip: '',
  },
}

describe(`Hostile callers (seed ${SEED})`, () => {
  let before: Record<string, number>
  let slow: [string, number, Promise<number>][] = []

  beforeAll(async () => {
    await world.start()
    await world.link('victim', VICTIM, 'somebody')
    await world.link('other', OTHER)
    await othersAreWell()
    before = await stored()
    slow = Object.entries(SLOW).flatMap(([name, { within, begin, drip }]) =>
      Array.from({ length: 10 }, (): [string, number, Promise<number>] => {
        const { socket, ended } = leftOpen(port())
        if (begin !== '') socket.write(begin)
        const timer = drip && setInterval(() => socket.writable && socket.write(drip), 500)
        socket.resume()
        void ended.then(() => clearInterval(timer || undefined))
        return [name, within, ended]
      }),
    )
  }, 60_000)
  afterAll(() => world.end())

  it('who give each field of each route a value of a wrong type are refused', async () => {
    const seen = await askAll(everyWrongField('victim', KEY).values())
    expect(seen.get(422)).toBeGreaterThan(300)
  }, 60_000)

  it(
    `who send ${COUNT} requests that nobody should send are answered, others go on, and nothing is stored`,
    async () => {
      const random = seeded(SEED)
      let going = true
      const others = (async () => {
        for (; going; await sleep(200)) await othersAreWell()
      })()
      function* requests() {
        for (let i = 0; i < COUNT; i++) yield hostileRequest(random, 'victim', KEY)
      }
      const seen = await askAll(requests()).finally(() => (going = false))
      await others
      for (const status of [200, 400, 401, 404, 405, 413, 415, 422, 431])
        expect(seen.get(status), `${status}`).toBeGreaterThan(0)
      expect(said).toBeGreaterThan(5)
      expect((await world.call('GET', '/sessions')).body).toMatchObject({ count: 2 })
      await world.waitForState('victim', 'open')
      expect(await stored()).toEqual(before)
      expect(world.output).not.toContain('a fault that nobody caught')
      expect(world.output).not.toMatch(/"level":"(?:warn|error|fatal)"[^\n]*"part":"http"/)
    },
    120_000 * TIMES,
  )

  it('who take their time are sent away, each after a bounded one', async () => {
    await othersAreWell()
    const took = await Promise.all(
      slow.map(async ([name, within, ended]) => [name, within, (await ended) / 1000] as const),
    )
    // 5 s: how often it is looked, and a second for a busy machine.
    expect(took.filter(([, within, seconds]) => seconds > within + 6)).toEqual([])
    await othersAreWell()
    expect(await stored()).toEqual(before)
  }, 60_000)
})
