import { expect, it } from 'vitest'
import { createTakenTimes } from '../../src/laravel/taken-times.ts'

it('remembers when Laravel took what it took last, and forgets the oldest of very many', () => {
  let now = 1_000
  const times = createTakenTimes({ now: () => now++ })
  const taken = (seq: number) => times.settled({ webhookId: `s.${seq}.messages` }, { done: true })
  times.settled({ webhookId: 's.1.messages' }, { dead: true, at: 1, error: 'HTTP 422' })
  expect(times.at('s.1.messages')).toBeNull()
  for (let seq = 1; seq <= 5_001; seq++) taken(seq)
  expect(times.at('s.1.messages')).toBeNull()
  expect(times.at('s.2.messages')).toBe(1_001)
  expect(times.at('s.5001.messages')).toBe(6_000)
  taken(2)
  expect(times.at('s.2.messages')).toBe(6_001)
})
