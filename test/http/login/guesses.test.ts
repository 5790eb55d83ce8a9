import { expect, it } from 'vitest'
import { Guesses } from '../../../src/http/login/guesses.ts'

function createGuesses() {
  const time = { now: 0 }
  return { time, guesses: new Guesses(() => time.now) }
}

const wrong = (guesses: Guesses, times: number, address: (i: number) => string) => {
  for (let i = 0; i < times; i++) guesses.wrong(address(i))
}

it('ten of one address are enough for a minute, and no other one waits for it', () => {
  const { guesses, time } = createGuesses()
  wrong(guesses, 9, () => '10.0.0.1')
  expect(guesses.waitSeconds('10.0.0.1')).toBe(0)
  time.now = 20_000
  wrong(guesses, 1, () => '10.0.0.1')
  expect(guesses.waitSeconds('10.0.0.1')).toBe(40)
  expect(guesses.waitSeconds('10.0.0.2')).toBe(0)
  time.now = 60_000
  expect(guesses.waitSeconds('10.0.0.1')).toBe(0)
})

it('who has a whole network of IPv6 guesses no faster', () => {
  const { guesses } = createGuesses()
  wrong(guesses, 10, i => `2001:db8::${i}`)
  expect(guesses.waitSeconds('2001:db8:0:0:ffff::1')).toBe(60)
  expect(guesses.waitSeconds('2001:db8:0:1::1')).toBe(0)
  wrong(guesses, 10, () => '::ffff:10.0.0.1')
  expect(guesses.waitSeconds('::ffff:10.0.0.1')).toBe(60)
  expect(guesses.waitSeconds('::ffff:10.0.0.2')).toBe(0)
})

it('many addresses guess no faster than two hundred a minute together', () => {
  const { guesses } = createGuesses()
  wrong(guesses, 200, i => `10.0.1.${i}`)
  expect(guesses.waitSeconds('10.9.9.9')).toBe(60)
})
