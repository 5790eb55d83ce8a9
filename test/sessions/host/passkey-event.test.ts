import { expect, it } from 'vitest'
import { initialContext, type SessionContext } from '../../../machines/session.context.ts'
import { passkeyEventOf } from '../../../src/sessions/host/passkey-event.ts'

const AT = Date.UTC(2026, 0, 2)
const asked = {
  ...initialContext({ sessionId: 's1', userId: 1, at: AT }),
  passkey: { expiresAt: AT + 600_000 },
}
const before = { state: 'awaitingQr.passkey.required', context: asked }
const eventAfter = (
  type: 'session.resumed' | 'socket.closed',
  over: Partial<SessionContext>,
  state: string,
) =>
  passkeyEventOf(
    'stream',
    5,
    { type, at: AT } as never,
    before,
    { state, context: { ...asked, passkey: undefined, ...over } },
    { tenant: 7 },
  )?.payload

it.each([
  ['session.resumed', {}, 'passkey_interrupted', /began anew/],
  ['socket.closed', { reason: 'network', reasonText: 'Gone.' }, 'network', /Gone/],
] as const)('A passkey that ends with %s is told as failed, with a reason and a sentence', (type, over, reason, text) => {
  expect(eventAfter(type, over, 'starting.connecting')).toMatchObject({
    ...{ type: 'passkey', state: 'failed', code: null, reason, reason_text: expect.stringMatching(text) },
    expires_at: new Date(AT + 600_000).toISOString(),
    ...{ session_id: 's1', user_id: 1, metadata: { tenant: 7 } },
  })
})

it('A passkey that led to a link, or is still waited for, has not failed', () => {
  expect(eventAfter('socket.closed', { waId: '34600000001' }, 'starting.connecting')).toBeUndefined()
  expect(
    eventAfter('socket.closed', { passkey: asked.passkey }, 'awaitingQr.passkey.submitting'),
  ).toBeUndefined()
})
