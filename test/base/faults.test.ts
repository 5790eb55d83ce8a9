import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { causedBy } from '../../src/base/causes.ts'
import { createFaults, guardTimers } from '../../src/base/faults.ts'
import { createLogger } from '../../src/base/logger.ts'
import { createTestClock } from './clock.ts'

const setup = () => {
  const lines: string[] = []
  const ended: string[] = []
  const logger = createLogger({ level: 'info', format: 'json' }, { write: line => void lines.push(line) })
  const faults = createFaults(logger)
  faults.endWith(sessionId => void ended.push(sessionId))
  const clock = createTestClock()
  return { lines, ended, faults, clock, timers: guardTimers(clock, faults.caught) }
}

it('A timer that throws is logged without its message and counted, and ends whose it is', async () => {
  const { lines, ended, faults, clock, timers } = setup()
  const boom = () => {
    throw new TypeError('secret')
  }
  expect(faults.warning()).toBe(null)
  timers.setTimeout(boom, 1)
  let ran = false
  causedBy({ sessionId: 's1', ended: false }, () => {
    causedBy({ sessionId: 's2', ended: false }, () => {})
    timers.setTimeout(() => {
      ran = true
      causedBy({ sessionId: 's3', ended: false }, boom)
    }, 2)
  })
  await clock.advance(5)
  expect([ran, lines.length, ended.length]).toEqual([true, 2, 0])
  expect(lines.join()).toMatch(/TypeError/)
  expect(lines.join()).not.toMatch(/secret/)
  expect(faults.warning()).toMatchObject({ code: 'FAULTS', message: expect.stringMatching(/^2 faults/) })
})

it('A fault belongs to the session whose timer, promise or event it came from', async () => {
  const { ended, faults } = setup()
  await causedBy({ sessionId: 's1', ended: false }, async () => {
    await new Promise(resolve => setTimeout(resolve, 1))
    faults.caught(new Error('x'))
  })
  faults.caught('not even an error')
  expect(ended).toEqual(['s1'])
})

it('What a connection leaves behind that has ended is logged and counted, and ends nobody', async () => {
  const { lines, ended, faults } = setup()
  const connection = { sessionId: 's1', ended: false }
  const late = causedBy(connection, async () => {
    await new Promise(resolve => setTimeout(resolve, 1))
    faults.caught(new Error('x'))
  })
  connection.ended = true
  await late
  expect([ended, lines.length]).toEqual([[], 1])
  expect(lines[0]).toMatch(/"session_id":"s1"/)
  expect(faults.warning()).not.toBe(null)
})

/** Timers of the product that are not the clock's, and why what they call cannot throw. */
const BARE: Record<string, string> = {
  'base/clock.ts': 'the clock itself',
  'http/listener.ts': 'closes connections',
  'main.ts': 'ends the process',
  'queue/bullmq.ts': 'rejects a promise',
  'sessions/host/session-actor.ts': 'appends to a chain of promises',
  'store/postgres/listener.ts': 'begins to connect, whose failure is caught',
  'store/postgres/postgres.ts': 'makes partitions, whose failure is told',
  'store/postgres/writer.ts': 'begins a commit, whose failure goes to those who wait for it',
  'store/writer/writer.ts': 'posts to a thread, and catches what cannot be posted',
  'telemetry/tracing.ts': 'resolves a promise',
  'whatsapp/keys/auth-state.ts': 'begins a flush, whose failure is caught',
  'whatsapp/patches/event-buffer/stuck.ts': 'emits to listeners whose failures are caught',
  'whatsapp/patches/frame-timeouts.ts': 'ends a connection',
  'whatsapp/patches/stanzas/offline-batches.ts': 'sends a stanza, whose failure is caught',
  'whatsapp/patches/unacked-sends.ts': 'ends a connection',
  'whatsapp/patches/unanswered-close.ts': 'ends a WebSocket',
  'whatsapp/patches/unanswered-queries.ts': 'ends a connection',
  'whatsapp/whatsapp.ts': 'reports a fact, which the actor guards',
}

it("Every timer of the product is the clock's, whose timers are guarded, or stands here with a reason", () => {
  const root = new URL('../../src/', import.meta.url)
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
  const bare = files.filter(name => {
    const text = readFileSync(new URL(name, root), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
    return /(?<![.\w#])(?:setTimeout|setInterval|setImmediate|queueMicrotask)\((?!\))/.test(text)
  })
  expect(bare.sort()).toEqual(Object.keys(BARE).sort())
})
