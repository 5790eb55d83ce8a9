import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { Sequence } from '../../inspect/sequence.ts'

const at = new Date(2026, 0, 2, 3, 4, 5, 678).getTime()
const base = { createdAt: String(at), _version: '0.7.2', id: '1', rootId: 'x:1' }
const actor = (sessionId: string, name: string, value?: unknown) => ({
  ...base,
  type: '@xstate.actor',
  sessionId,
  name,
  snapshot: { status: 'active', value },
})
const snapshot = (sessionId: string, value: unknown, status = 'active') => ({
  ...base,
  type: '@xstate.snapshot',
  sessionId,
  event: { type: 'x' },
  snapshot: { status, value },
})
const event = (sessionId: string, sent: object, sourceId?: string) => ({
  ...base,
  type: '@xstate.event',
  sessionId,
  sourceId,
  event: sent,
})

const write = (...messages: object[]) => {
  const sequence = new Sequence(new PassThrough())
  return messages.map(message => sequence.line(message as never)?.slice(2))
}
const T = '03:04:05.678'

it('tells who runs, hears what from whom, and where that leads', () => {
  expect(
    write(
      actor('x:1', 'shop', { starting: 'connecting' }),
      actor('x:2', 'shop.socket'),
      event('x:1', { type: 'xstate.init', input: {} }),
      snapshot('x:1', { starting: 'connecting' }),
      event(
        'x:1',
        { type: 'socket.closed', at, code: 428, until: at, told: null, reasonText: 'Gone.' },
        'x:2',
      ),
      snapshot('x:1', { awaitingQr: { shown: 'ready' } }),
      event('x:1', { type: 'xstate.after.qrThrottle.session.awaitingQr.shown' }, 'x:1'),
      event('x:9', {
        type: 'session.changed',
        was: { state: 'open.settled', tracked: true },
        entry: { sessionId: 'shop' },
      }),
      snapshot('x:2', undefined, 'stopped'),
      snapshot('x:2', undefined, 'stopped'),
    ),
  ).toEqual([
    `${T}  shop                 ● starting.connecting`,
    `${T}  shop.socket          ●`,
    undefined,
    undefined,
    `${T}  shop                 ◀ socket.closed code=428 until=${T} reasonText=Gone. from socket`,
    `${T}  shop                 starting.connecting ▶ awaitingQr.shown.ready`,
    `${T}  shop                 ◀ after qrThrottle`,
    `${T}  x:9                  ◀ session.changed was=open.settled entry=shop`,
    `${T}  shop.socket          ○ ended`,
    undefined,
  ])
})

it('shows nothing that moves the cursor of a terminal, and nothing at length', () => {
  const [line] = write(
    event('x:1', { type: 'socket.named', pushName: '\u001b[2J\n\u009b31m', reason: 'x'.repeat(999) }),
  )
  expect(line).not.toMatch(/\p{Cc}/u)
  expect(line!.length).toBeLessThan(120)
})

it('tells a link that was recorded as a story', () => {
  const recorded = readFileSync('test/fixtures/inspected-link.jsonl', 'utf8').trim().split('\n')
  const lines = write(...recorded.map(line => JSON.parse(line) as object))
  const story = lines.flatMap(line => /^\S+ {2}shop +([●▶◀].*|\S+ ▶ .*)$/.exec(line ?? '')?.[1] ?? [])
  expect(story.map(line => line.replace(/ (?:hash|waId)=.*(?= from)/, ''))).toEqual([
    '● starting.connecting',
    '◀ socket.qr from socket',
    'starting.connecting ▶ awaitingQr.verifying.asking',
    '◀ laravel.answered said=active from question',
    'awaitingQr.verifying.asking ▶ awaitingQr.publishing.offering',
    '◀ qr.published from publication',
    'awaitingQr.publishing.offering ▶ awaitingQr.shown.throttled',
    '◀ socket.paired from socket',
    'awaitingQr.shown.throttled ▶ awaitingQr.linking',
    expect.stringMatching(/^◀ socket\.closed code=515 reaction=reconnectNow .* from socket$/),
    'awaitingQr.linking ▶ starting.connecting',
    '◀ socket.opened from socket',
    'starting.connecting ▶ open.settling',
    expect.stringMatching(/^◀ socket\.named/),
  ])
})
