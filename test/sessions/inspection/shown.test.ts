import { describe, expect, it } from 'vitest'
import { createActor } from 'xstate'
import { initialContext } from '../../../machines/session.context.ts'
import { sessionMachine } from '../../../machines/session.machine.ts'
import { GatewayError } from '../../../src/base/errors.ts'
import { showEvent, showSnapshot } from '../../../src/sessions/inspection/shown.ts'

const SECRET = 'a secret text'

describe('What may be seen', () => {
  it('of a fact is all of it', () => {
    const told = { estadoQr: 'active', at: 1 }
    const fact = { type: 'laravel.answered', said: 'inactive', told, at: 7 }
    expect(showEvent(fact)).toEqual(fact)
    expect(showEvent({ type: 'socket.qr', hash: 'h', expiresAt: 9 })).toEqual({
      type: 'socket.qr',
      hash: 'h',
      expiresAt: 9,
    })
  })

  it('of what nobody has decided on is nothing, also inside of what is known', () => {
    const event = {
      type: 'socket.qr',
      hash: 'h',
      text: SECRET,
      told: { at: 1, qr: SECRET },
      constructor: SECRET,
      body: { body: SECRET },
    }
    expect(showEvent(event)).toEqual({
      type: 'socket.qr',
      hash: 'h',
      text: '[withheld]',
      told: { at: 1, qr: '[withheld]' },
      constructor: '[withheld]',
      body: '[withheld]',
    })
    const context = {
      ...initialContext({ sessionId: 's1', userId: 7, at: 1 }),
      creds: SECRET,
      qr: { current: { hash: 'h', expiresAt: 1, text: SECRET } },
    }
    expect(JSON.stringify(showSnapshot({ status: 'active', context }))).not.toContain(SECRET)
  })

  it('of an error is its name, and its words only if they are our own', () => {
    const error = Object.assign(new TypeError(SECRET), { data: SECRET, cause: new Error(SECRET) })
    expect(showEvent({ type: 'xstate.error.actor.0', error, actorId: 'socket' })).toEqual({
      type: 'xstate.error.actor.0',
      error: { name: 'TypeError', message: '[withheld]' },
      actorId: 'socket',
    })
    const own = new GatewayError('STORE_FAILED', 'The store failed.', { cause: error })
    expect(showSnapshot({ status: 'error', error: own })).toEqual({
      status: 'error',
      error: { name: 'GatewayError', code: 'STORE_FAILED', message: 'The store failed.' },
    })
  })

  it('of a session that is to be spawned is its name', () => {
    class Entry {
      actor = { sessionId: 's1', socket: { creds: SECRET } }
    }
    expect(showEvent({ type: 'session.requested', entry: new Entry() })).toEqual({
      type: 'session.requested',
      entry: { sessionId: 's1' },
    })
  })

  it('is small and plain, whatever it was', () => {
    class Socket {
      creds = SECRET
    }
    const deep = { a: { a: { a: { a: { a: { a: { a: 1 } } } } } } }
    const circle: Record<string, unknown> = {}
    circle.again = circle
    for (const reason of [
      new Uint8Array(900).fill(65),
      Buffer.from(SECRET),
      new Socket(),
      () => SECRET,
      10n,
      Symbol(SECRET),
      new Map([[SECRET, SECRET]]),
      deep,
      circle,
    ]) {
      const text = JSON.stringify(showEvent({ type: 'x', reason }))
      expect(text).not.toContain(SECRET)
      expect(text.length).toBeLessThan(200)
    }
    const long = {
      type: 'x',
      reason: 'é\u{1F600}'.repeat(9_999),
      stack: ['x'],
      told: Array.from({ length: 999 }, (_, i) => i),
    }
    const text = JSON.stringify(showEvent(long))
    expect(text.length).toBeLessThan(700)
    expect(text.isWellFormed()).toBe(true)
    const wide = Object.fromEntries(Array.from({ length: 999 }, (_, i) => [`s${i}`, [i]]))
    expect(Object.keys(showSnapshot({ context: { crashes: wide } }).context as never)).toEqual(['crashes'])
    expect(JSON.stringify(showSnapshot({ context: { crashes: wide } }))).toContain('"…":"959 more"')
  })

  it('of a snapshot is what XState itself would write of it', () => {
    const actor = createActor(sessionMachine, { input: { sessionId: 's1', userId: 7, at: 1 } })
    const snapshot = actor.getSnapshot()
    const shown = JSON.parse(JSON.stringify(showSnapshot(snapshot as never)))
    const { historyValue, ...whole } = JSON.parse(JSON.stringify(snapshot))
    expect(shown).toEqual(whole)
  })
})
