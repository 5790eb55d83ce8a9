import { describe, expect, it } from 'vitest'
import { createQrVault } from '../../../src/whatsapp/linking/qr-vault.ts'
import { createTestClock } from '../../base/clock.ts'

function vaultAt() {
  const clock = createTestClock()
  const vault = createQrVault(clock)
  const qr = (text: string, lifetime: number) => ({
    hash: `h-${text}`,
    text,
    expiresAt: clock.now() + lifetime,
  })
  return { clock, vault, qr }
}

describe('the QR vault', () => {
  it('reads the newest QR of a session', () => {
    const { vault, qr } = vaultAt()
    vault.put('a', qr('one', 60_000))
    vault.put('a', qr('two', 20_000))
    expect(vault.read('a')).toMatchObject({ text: 'two', hash: 'h-two' })
    expect(vault.read('b')).toBeNull()
  })

  it('forgets a QR when it expires, without a read', async () => {
    const { clock, vault, qr } = vaultAt()
    vault.put('a', qr('one', 60_000))
    await clock.advance(59_999)
    expect(vault.read('a')).not.toBeNull()
    expect(clock.pending()).toBe(1)
    await clock.advance(1)
    expect(vault.read('a')).toBeNull()
    expect(clock.pending()).toBe(0)
  })

  it('keeps a new QR when the old one would have expired', async () => {
    const { clock, vault, qr } = vaultAt()
    vault.put('a', qr('one', 1000))
    await clock.advance(500)
    vault.put('a', qr('two', 1000))
    await clock.advance(600)
    expect(vault.read('a')).toMatchObject({ text: 'two' })
  })

  it('does not keep a QR that has expired already', () => {
    const { clock, vault, qr } = vaultAt()
    vault.put('a', qr('one', 60_000))
    vault.put('a', qr('late', 0))
    expect(vault.read('a')).toBeNull()
    expect(clock.pending()).toBe(0)
  })

  it('forgets a QR when it is cleared, and clears again without harm', () => {
    const { clock, vault, qr } = vaultAt()
    vault.put('a', qr('one', 60_000))
    vault.clear('a')
    vault.clear('a')
    expect(vault.read('a')).toBeNull()
    expect(clock.pending()).toBe(0)
  })

  it('reads copies', () => {
    const { vault, qr } = vaultAt()
    vault.put('a', qr('one', 60_000))
    vault.read('a')!.text = 'changed'
    expect(vault.read('a')!.text).toBe('one')
  })

  it('is bounded: the oldest QR goes first', () => {
    const { clock, vault, qr } = vaultAt()
    for (let i = 0; i <= 10_000; i++) vault.put(`s${i}`, qr(`${i}`, 60_000))
    expect(clock.pending()).toBe(10_000)
    expect(vault.read('s0')).toBeNull()
    expect(vault.read('s1')).not.toBeNull()
    expect(vault.read('s10000')).not.toBeNull()
  })
})
