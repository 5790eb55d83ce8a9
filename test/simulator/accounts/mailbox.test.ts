import { describe, expect, it } from 'vitest'
import { AccountTable } from '../../../simulator/accounts/account.ts'
import type { Letter, Mailbox } from '../../../simulator/accounts/mailbox.ts'

function mailbox(): Mailbox {
  const key = Buffer.alloc(32)
  const signedPreKey = { id: 1, public: key, signature: Buffer.alloc(64) }
  const registration = { noiseKey: key, identity: key, registrationId: 1, signedPreKey }
  return new AccountTable('seed').ensure('34600000001').link(registration, 0).mailbox
}

function letter(id: string, from = '34600000002', kind: Letter['kind'] = 'message'): Letter {
  return { kind, id, from, node: { tag: kind, attrs: { id } }, peer: false, sends: 1 }
}

describe('mailbox', () => {
  it('keeps letters in order until each is taken', () => {
    const box = mailbox()
    for (const id of ['a', 'b', 'c']) box.put(letter(id))
    expect(box.take('message', 'b', '34600000002')?.id).toBe('b')
    expect([...box.letters()].map(({ id }) => id)).toEqual(['a', 'c'])
    expect(box.take('message', 'b', '34600000002')).toBeUndefined()
    expect(box.size).toBe(2)
  })

  it('tells apart senders and kinds that share an id', () => {
    const box = mailbox()
    box.put(letter('a', '34600000002'))
    box.put(letter('a', '34600000003'))
    box.put(letter('a', '34600000003', 'receipt'))
    expect(box.take('message', 'a', '34600000003')).toMatchObject({ kind: 'message', from: '34600000003' })
    expect(box.take('message', 'a', '34600000004')).toBeUndefined()
    expect(box.take('receipt', 'a', '34600000002')).toBeUndefined()
    expect(box.size).toBe(2)
  })

  it('frees one copy of a repeated id at a time, the oldest first', () => {
    const box = mailbox()
    const [first, second] = [letter('a'), letter('a')]
    box.put(first)
    box.put(second)
    expect(box.take('message', 'a', '34600000002')).toBe(first)
    expect([...box.letters()]).toEqual([second])
    expect(box.take('message', 'a', '34600000002')).toBe(second)
    expect(box.size).toBe(0)
  })

  it('frees nothing that was never written to a socket', () => {
    const box = mailbox()
    box.put({ ...letter('a'), sends: 0 })
    expect(box.take('message', 'a', '34600000002')).toBeUndefined()
    expect(box.size).toBe(1)
  })
})
