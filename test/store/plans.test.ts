import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { prepareSchema } from '../../src/store/schema.ts'
import { MemoryStore } from '../sessions/memory-store.ts'
import { useEverything } from './everything.ts'

/** Every statement that the store prepared while all that it can do was done. */
const texts = new Set<string>()
let db: DatabaseSync
beforeAll(async () => {
  const { prepare } = DatabaseSync.prototype
  const spy = vi.spyOn(DatabaseSync.prototype, 'prepare').mockImplementation(function (
    this: DatabaseSync,
    text,
  ) {
    texts.add(text)
    return prepare.call(this, text)
  })
  for (const erasesDone of [false, true]) {
    let now = 1_000
    const memory = new MemoryStore(() => now, { erasesDone })
    await useEverything(memory, () => {
      now += 10_000
    })
  }
  spy.mockRestore()
  db = new DatabaseSync(':memory:')
  prepareSchema(db)
})
afterAll(() => db.close())

/** What grows with neither sessions nor time, or is emptied as fast as it is filled. */
const SMALL = ['json_each', 'sqlite_sequence', 'erasures', 'unneeded_media', 'store', 'CONSTANT']
/** Of a stream they have one row. */
const ONE_A_STREAM = ['sessions', 's', 'erasures']

interface Exception {
  text: RegExp
  step: RegExp
  because: string
}

/** What may look at more than it answers, and why. */
const EXCEPTIONS: Exception[] = [
  {
    text: /count\(\*\) AS count FROM sessions/,
    step: /^SCAN s USING INDEX/,
    because: 'a list says how many living sessions match; deleted ones are not looked at',
  },
  {
    text: /user_id IN \(\?, \?\)/,
    step: /^USE TEMP B-TREE FOR ORDER BY/,
    because: 'it sorts the sessions of one user',
  },
  {
    text: /FROM inbox WHERE stream_id = \? AND done_at IS NULL/,
    step: /inbox_unfinished/,
    because: 'what was decrypted and is not in the log yet',
  },
  {
    text: /INDEXED BY messages_unsent/,
    step: /messages_unsent/,
    because: 'what is under way now, which SEND_MAX_AGE_MS bounds',
  },
  {
    text: /^WITH RECURSIVE pending/,
    step: /^SCAN (pending|p)$/,
    because: 'its answer, found by jumps along an index',
  },
  {
    text: /^WITH RECURSIVE pending\(stream_id\)/,
    step: /downloads_by_stream/,
    because: 'it looks for the first that is due',
  },
  {
    text: /count\(\*\) FROM deliveries WHERE dead_at/,
    step: /deliveries_(pending|dead)/,
    because: 'what waits for Laravel, and only when somebody asks',
  },
  {
    text: /count\(DISTINCT lane\)/,
    step: /^SCAN deliveries/,
    because: 'what waits for Laravel, and only when somebody asks',
  },
  {
    text: /FROM chat_timers/,
    step: /^USE TEMP B-TREE FOR ORDER BY/,
    because: 'the few names of one chat',
  },
]

const steps = (text: string) =>
  db
    .prepare(`EXPLAIN QUERY PLAN ${text}`)
    .all()
    .map(row => String(row.detail))

/** A step of a plan that takes longer the more there is. */
function grows(text: string, step: string): boolean {
  if (/^USE TEMP B-TREE/.test(step)) return true
  const scanned = /^SCAN (\w+)/.exec(step)
  if (scanned) return !SMALL.includes(scanned[1]!)
  // All rows of a session.
  const whole = /^SEARCH (\w+) USING .*\(stream_id=\?\)$/.exec(step)
  return whole !== null && !ONE_A_STREAM.includes(whole[1]!) && !/\bLIMIT\b/.test(text)
}

const isPlanned = (text: string) => /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b/i.test(text)

const ROOT = fileURLToPath(new URL('../../src/store/', import.meta.url))

/** The statements as they stand in the source: the text of each call, or of the constant that it names. */
function written(): { where: string; text: string }[] {
  const files = readdirSync(ROOT, { recursive: true })
    .map(String)
    // What PostgreSQL is asked has plans of its own.
    .filter(name => name.endsWith('.ts') && !name.startsWith('postgres/'))
  return files.flatMap(name => {
    const source = readFileSync(join(ROOT, name), 'utf8')
    const calls = [...source.matchAll(/sql\.(?:all|get|run)(?:<[^(]*>)?\(\s*([^\s,)]+)/gi)]
    return calls.flatMap(call => {
      const at = call.index + call[0].length - call[1]!.length
      const constant = new RegExp(`const ${/^\w+$/.exec(call[1]!)?.[0]} =\\s*`).exec(source)
      const text = literal(source, constant ? constant.index + constant[0].length : at)
      return text === null || !isPlanned(text) || / FROM store$/.test(text) ? [] : [{ where: name, text }]
    })
  })
}

function literal(source: string, at: number): string | null {
  const quote = source[at]!
  if (!`'"\``.includes(quote)) return null
  return source.slice(at + 1, source.indexOf(quote, at + 1))
}

const pattern = (text: string) =>
  new RegExp(
    `^${text
      .split(/\$\{[^}]*\}/)
      .map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[\\s\\S]*')}$`,
  )

describe('The statements of the store', () => {
  it('are all here: what the source says was prepared', () => {
    const all = written()
    expect(all.length).toBeGreaterThan(100)
    const missing = all.filter(({ text }) => ![...texts].some(prepared => pattern(text).test(prepared)))
    expect(missing).toEqual([])
  })

  it('look at no more rows when there are more, but for those that say why they may', () => {
    const used = new Set<Exception>()
    const growing = [...texts].filter(isPlanned).flatMap(text =>
      steps(text).flatMap(step => {
        if (!grows(text, step)) return []
        const exception = EXCEPTIONS.find(one => one.text.test(text) && one.step.test(step))
        if (exception) used.add(exception)
        return exception ? [] : [{ step, text }]
      }),
    )
    expect(growing).toEqual([])
    expect(
      EXCEPTIONS.filter(one => !used.has(one)),
      'exceptions that nothing needs',
    ).toEqual([])
  })

  it('find a page of lanes by as many jumps, whatever the lanes and what waits in each', () => {
    const text = [...texts].find(one => one.startsWith('WITH RECURSIVE pending(lane)'))!
    const looks = steps(text).filter(step => / (?:deliveries|d|h)(?: |$)/.test(step))
    expect(looks.length).toBeGreaterThan(3)
    for (const step of looks)
      expect(step).toMatch(/^SEARCH .*(?:deliveries_pending \(lane[=>]\?\)|PRIMARY KEY)/)
  })

  it('are judged by rules that see what they are for', () => {
    for (const text of [
      'SELECT * FROM messages',
      'SELECT * FROM events WHERE at < 5',
      'SELECT count(*) FROM messages WHERE stream_id = ?',
      'SELECT * FROM messages WHERE stream_id = ? ORDER BY at LIMIT 5',
    ])
      expect([text, steps(text).some(step => grows(text, step))]).toEqual([text, true])
    const fine = 'SELECT * FROM messages WHERE stream_id = ? AND seq > ? ORDER BY seq LIMIT 5'
    expect(steps(fine).some(step => grows(fine, step))).toBe(false)
  })
})
