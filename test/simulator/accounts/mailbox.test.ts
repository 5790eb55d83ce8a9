import { describe, expect, it } from 'vitest'
import { type KeptStanza, Mailbox } from '../../../simulator/accounts/mailbox.ts'

function kept(id: string, from = '34600000002', kind: KeptStanza['kind'] = 'message'): KeptStanza {
  return { kind, id, from, node: { tag: kind, attrs: { id } }, peer: false, sends: 1 }
}

describe('the mailbox of a device', () => {
  it('keeps stanzas in order until each is taken', () => {
    const box = new Mailbox()
    for (const id of ['a', 'b', 'c']) box.put(kept(id))
    expect(box.take('message', 'b', '34600000002')?.id).toBe('b')
    expect([...box.stanzas()].map(({ id }) => id)).toEqual(['a', 'c'])
    expect(box.take('message', 'b', '34600000002')).toBeUndefined()
    expect(box.size).toBe(2)
  })

  it('tells apart senders and kinds that share an id', () => {
    const box = new Mailbox()
    box.put(kept('a', '34600000002'))
    box.put(kept('a', '34600000003'))
    box.put(kept('a', '34600000003', 'receipt'))
    expect(box.take('message', 'a', '34600000003')).toMatchObject({ kind: 'message', from: '34600000003' })
    expect(box.take('message', 'a', '34600000004')).toBeUndefined()
    expect(box.take('receipt', 'a', '34600000002')).toBeUndefined()
    expect(box.size).toBe(2)
  })

  it('frees one copy of a repeated id at a time, the oldest first', () => {
    const box = new Mailbox()
    const [first, second] = [kept('a'), kept('a')]
    box.put(first)
    box.put(second)
    expect(box.take('message', 'a', '34600000002')).toBe(first)
    expect([...box.stanzas()]).toEqual([second])
    expect(box.take('message', 'a', '34600000002')).toBe(second)
    expect(box.size).toBe(0)
  })

  it('frees nothing that was never written to a socket', () => {
    const box = new Mailbox()
    box.put({ ...kept('a'), sends: 0 })
    expect(box.take('message', 'a', '34600000002')).toBeUndefined()
    expect(box.size).toBe(1)
  })
})
