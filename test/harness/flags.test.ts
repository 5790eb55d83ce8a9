import { describe, expect, it } from 'vitest'
import { wholeNumber } from '../../harness/flags.ts'

describe('a flag that is a whole number', () => {
  it('is read', () => {
    expect(wholeNumber({ rounds: '20' }, 'rounds')).toBe(20)
    expect(wholeNumber({ sessions: '2' }, 'sessions', 2)).toBe(2)
  })

  it.each([undefined, '', '0', '-1', '1.5', 'many', '1e400'])('is refused as %j, by its name', value => {
    expect(() => wholeNumber({ rounds: value }, 'rounds')).toThrow(
      '--rounds must be a whole number of at least 1',
    )
  })
})
