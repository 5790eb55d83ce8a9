import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pino } from 'pino'
import { type App, createApp } from '../../src/app.ts'
import { createClock } from '../../src/base/clock.ts'
import { loadConfig } from '../../src/config.ts'
import { type Size, yearOld } from './fixture.ts'
import { type Hold, holdOf } from './holds.ts'

/** Timers run so much faster: a sweep, a round of the reaper and of retention come within seconds. */
const FASTER = 30
const NOBODY = '127.0.0.1:9'

const clock = () => {
  const real = createClock()
  return {
    ...real,
    now: () => real.now(),
    setTimeout: (fn: () => void, ms: number) => real.setTimeout(fn, ms / FASTER),
  }
}

const post = (url: string, body: object) =>
  fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  }).then(answer => answer.arrayBuffer())

/** A manager whose peers are away, in this process; `line` gets what it logs. */
function start(dataDir: string, line: (text: string) => void = () => {}): Promise<App> {
  const config = loadConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    WHATSAPP_URL: `ws://${NOBODY}/ws/chat`,
    LARAVEL_URL: `http://${NOBODY}`,
    EVENTS_KEEP_DAYS: '300',
    MESSAGES_KEEP_DAYS: '300',
    BODY_KEEP_DAYS: '200',
    REAP_EVERY_MS: '10000',
  })
  return createApp(config, pino({ level: 'info' }, { write: line }), { clock: clock() })
}

async function begin(dataDir: string): Promise<void> {
  const app = await start(dataDir)
  await post(`${app.url}/start`, { session_id: 's0', user_id: 1 })
  await post(`${app.url}/sessions/s0/logout`, {})
  await app.stop()
}

const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

async function until(done: () => boolean): Promise<void> {
  while (!done()) await sleep(20)
}

/** What holds the main thread of a manager whose data directory has grown for a year, each thing by itself. */
export async function measureYear(size: Size, tell: (what: string) => void): Promise<Hold[]> {
  const dataDir = await yearOld(size, begin)
  const lines: string[] = []
  const holds: Hold[] = []
  const measure = async (what: string, act: () => Promise<unknown>) => {
    tell(what)
    const hold = await holdOf(what, act)
    holds.push(hold)
  }
  let app!: App
  const empty = mkdtempSync(join(tmpdir(), 'empty-'))
  await measure('start with nothing stored', async () => {
    app = await start(empty)
  })
  await app.stop()
  rmSync(empty, { recursive: true })
  await measure('start', async () => {
    app = await start(dataDir, text => void lines.push(text))
  })
  const db = new DatabaseSync(join(dataDir, 'store.sqlite'), { readOnly: true })
  const get = (path: string) => fetch(`${app.url}${path}`).then(answer => answer.arrayBuffer())
  const count = (from: string) =>
    Number(db.prepare(`SELECT count(*) AS n FROM (SELECT 1 FROM ${from} LIMIT 1)`).get()!.n)
  try {
    for (const path of [
      '/stats',
      '/sessions?limit=100',
      '/sessions?limit=1000',
      '/sessions?q=999',
      '/sessions/s0',
    ]) {
      await get(path)
      await measure(`GET ${path}`, async () => {
        for (let i = 0; i < 5; i++) await get(path)
      })
    }
    await measure('rounds of the reaper, sweeps of lanes', () => sleep(2_500))
    const removed = () => lines.some(text => text.includes('what was too old to be kept was removed'))
    await measure('removing what is too old', () => until(removed))
    const gone = () => count("sessions WHERE session_id = 's0' AND erased_at IS NULL") === 0
    await measure('DELETE of the largest session', async () => {
      await fetch(`${app.url}/sessions/s0`, { method: 'DELETE' }).then(answer => answer.arrayBuffer())
      await until(gone)
    })
    await measure('erasing it', () => until(() => count('erasures') === 0))
    const left =
      count("messages WHERE content LIKE '%the words%'") + count("events WHERE type = 'message.received'")
    if (left > 0) throw new Error('something of the deleted session is left')
  } finally {
    db.close()
    await app.stop()
  }
  rmSync(dataDir, { recursive: true })
  return holds
}
