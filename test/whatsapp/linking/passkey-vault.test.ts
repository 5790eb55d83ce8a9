import { expect, it } from 'vitest'
import { withPasskey } from '../../../src/laravel/delivered-passkey.ts'
import { createPasskeyVault } from '../../../src/whatsapp/linking/passkey/passkey-vault.ts'
import { createTestClock } from '../../base/clock.ts'

function vaultWith(lifetime = 600_000) {
  const clock = createTestClock()
  const vault = createPasskeyVault(clock)
  const expiresAt = clock.now() + lifetime
  vault.put('a', { options: { challenge: 'AAAA' }, expiresAt })
  return { clock, vault, expiresAt }
}

it('A token of a passkey answers for its session until it is used, replaced or expired, and no other does', async () => {
  const { clock, vault, expiresAt } = vaultWith()
  const { token } = vault.read('a')!
  expect(token).toMatch(/^[\w-]{43}$/)
  expect(['', 'x', `${token}x`, token].map(one => vault.sessionOf(one))).toEqual([null, null, null, 'a'])
  vault.useToken('a')
  expect(vault.sessionOf(token)).toBeNull()
  const next = vault.read('a')!.token
  vault.put('a', { options: { challenge: 'BBBB' }, expiresAt })
  expect(vault.sessionOf(next)).toBeNull()
  const last = vault.read('a')!.token
  await clock.advance(600_000)
  expect([vault.sessionOf(last), vault.read('a')]).toEqual([null, null])
})

it('A code of a passkey goes with the delivery of its own demand alone, and only while it is kept', () => {
  const { vault, expiresAt } = vaultWith()
  const passkeys = { read: vault.read, timeOfDay: (at: number) => at }
  const row = { kind: 'events', sessionId: 'a' } as const
  const told = {
    type: 'passkey',
    state: 'confirm',
    code: null,
    expires_at: new Date(expiresAt).toISOString(),
  }
  expect(withPasskey(row, told, passkeys)).toEqual(told)
  vault.putCode('a', 'ABCD-2345')
  expect(withPasskey(row, told, passkeys)).toEqual({ ...told, code: 'ABCD-2345' })
  for (const other of [
    { ...told, state: 'required' },
    { ...told, type: 'call' },
    { ...told, expires_at: new Date(expiresAt - 1).toISOString() },
  ])
    expect(withPasskey(row, other, passkeys)).toEqual(other)
  expect(withPasskey({ ...row, kind: 'messages' }, told, passkeys)).toEqual(told)
  vault.clear('a')
  expect(withPasskey(row, told, passkeys)).toEqual(told)
})

it('A passkey is told with the time on the wall, and so is its code', () => {
  const { vault, expiresAt } = vaultWith()
  vault.putCode('a', 'ABCD-2345')
  const row = { kind: 'events', sessionId: 'a' } as const
  const passkeys = { read: vault.read, timeOfDay: (at: number) => at + 3_600_000 }
  for (const [state, code] of [
    ['required', null],
    ['confirm', 'ABCD-2345'],
    ['failed', null],
  ]) {
    const told = { type: 'passkey', state, code: null, expires_at: new Date(expiresAt).toISOString() }
    const later = new Date(expiresAt + 3_600_000).toISOString()
    expect(withPasskey(row, told, passkeys)).toEqual({ ...told, code, expires_at: later })
  }
})
