import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { withPasskey } from '../../../src/laravel/delivered-passkey.ts'
import { createPasskeyVault } from '../../../src/whatsapp/linking/passkey/passkey-vault.ts'
import { createTestClock } from '../../base/clock.ts'

function vaultWith(lifetime = 600_000) {
  const clock = createTestClock()
  const vault = createPasskeyVault(clock, randomBytes(32))
  const expiresAt = clock.now() + lifetime
  vault.put('a', { options: { challenge: 'AAAA' }, expiresAt })
  return { clock, vault, expiresAt }
}

it('A token of a passkey answers for its session until it is used, replaced or expired, and no other does', async () => {
  const { clock, vault, expiresAt } = vaultWith()
  const { token } = vault.read('a')!
  expect(token).toMatch(/^[\w-]{123}$/)
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

it('A code of a passkey goes with the delivery of its own demand alone, and only while it is kept', async () => {
  const { vault, expiresAt } = vaultWith()
  const passkeys = { read: vault.read, timeOfDay: (at: number) => at }
  const row = { kind: 'events', sessionId: 'a' } as const
  const told = {
    type: 'passkey',
    state: 'confirm',
    code: null,
    expires_at: new Date(expiresAt).toISOString(),
  }
  expect(await withPasskey(row, told, passkeys)).toEqual(told)
  vault.putCode('a', 'ABCD-2345')
  expect(await withPasskey(row, told, passkeys)).toEqual({ ...told, code: 'ABCD-2345' })
  for (const other of [
    { ...told, state: 'required' },
    { ...told, type: 'call' },
    { ...told, expires_at: new Date(expiresAt - 1).toISOString() },
  ])
    expect(await withPasskey(row, other, passkeys)).toEqual(other)
  expect(await withPasskey({ ...row, kind: 'messages' }, told, passkeys)).toEqual(told)
  vault.clear('a')
  expect(await withPasskey(row, told, passkeys)).toEqual(told)
})

it('A passkey is told with the time on the wall, and so is its code', async () => {
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
    expect(await withPasskey(row, told, passkeys)).toEqual({ ...told, code, expires_at: later })
  }
})

it('A token says to every node with the key of which session it is, however long that is called, and to nobody else', () => {
  const [key, clock] = [randomBytes(32), createTestClock()]
  const [one, two, foreign] = [key, key, randomBytes(32)].map(of => createPasskeyVault(clock, of))
  for (const sessionId of ['a', 'shop-7_B', 'x'.repeat(64)]) {
    one!.put(sessionId, { options: { challenge: 'AAAA' }, expiresAt: clock.now() + 1000 })
    const { token } = one!.read(sessionId)!
    expect(token).toHaveLength(123)
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain(sessionId.slice(0, 8).padEnd(3))
    expect(two!.sessionNamedIn(token)).toBe(sessionId)
    expect([two!.sessionOf(token), foreign!.sessionNamedIn(token)]).toEqual([null, null])
    // One bit of it is another token, whichever.
    for (let at = 0; at < 123; at += 7) {
      const forged = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
      expect([one!.sessionNamedIn(forged), one!.sessionOf(forged)]).toEqual([null, null])
    }
    one!.useToken(sessionId)
    expect([one!.sessionNamedIn(token), one!.sessionOf(token)]).toEqual([sessionId, null])
  }
  for (const made of ['', '=', token123(), 'a'.repeat(10_000)]) expect(one!.sessionNamedIn(made)).toBeNull()
})

const token123 = () => randomBytes(92).toString('base64url')

it('A code of a session that lives on another node is that node’s word, of the same demand, and none if it does not answer', async () => {
  const clock = createTestClock()
  const vault = createPasskeyVault(clock, randomBytes(32))
  const [at, later] = [1_000, 3_601_000].map(ms => new Date(ms).toISOString())
  const row = { kind: 'events', sessionId: 'a' } as const
  const told = { type: 'passkey', state: 'confirm', code: null, expires_at: at }
  const asked: string[] = []
  const codeBy = async (answer: () => Promise<Record<string, unknown> | null>, payload = told) => {
    const elsewhere = (sessionId: string) => {
      asked.push(sessionId)
      return answer()
    }
    const passkeys = { read: vault.read, timeOfDay: (ms: number) => ms + 3_600_000, elsewhere }
    const { code, expires_at } = await withPasskey(row, payload, passkeys)
    expect(expires_at).toBe(later)
    return code
  }
  const confirms = { success: true, state: 'confirm', code: 'ABCD-2345', expires_at: later }
  expect(await codeBy(async () => confirms)).toBe('ABCD-2345')
  expect(await codeBy(async () => ({ ...confirms, expires_at: at }))).toBeNull()
  expect(await codeBy(async () => null)).toBeNull()
  expect(await codeBy(() => Promise.reject(new Error('gone')))).toBeNull()
  expect(asked).toEqual(['a', 'a', 'a', 'a'])
  expect(await codeBy(async () => confirms, { ...told, state: 'required' })).toBeNull()
  expect(asked).toHaveLength(4)
})
