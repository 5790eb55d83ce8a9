import { expect, test } from 'vitest'
import {
  GUESSES_WINDOW_MS,
  LOGIN_IDLE_MS,
  LOGIN_LIFE_MS,
  type LoginTables,
  MOST_LOGINS,
} from '../../../src/ports/dashboard/logins.ts'

const MINUTE = 60_000

/** What is expected of the tables of logins, wherever they stand: `open` gives those of one more node, `moveOn` lets time pass. */
export function loginContract(open: () => Promise<LoginTables>, moveOn: (ms: number) => Promise<void>): void {
  const goesOn = async ({ logins }: LoginTables, hash: string, use = true) =>
    (await logins.find(hash, use)) !== null

  test('a login has the proof with which it began, until it is ended; others go on', async () => {
    const { logins } = await open()
    await logins.begin('h1', 'p1')
    await logins.begin('h2', 'p2')
    expect([await logins.find('h1', true), await logins.find('h2', false)]).toEqual(['p1', 'p2'])
    await logins.end('h1')
    await logins.end('h1')
    expect([await logins.find('h1', true), await logins.find('h2', true)]).toEqual([null, 'p2'])
    expect(await logins.find('nobody', true)).toBeNull()
  })

  test('a login ends when it was not used for an hour, to the minute, and looking at it is no use of it', async () => {
    const tables = await open()
    await tables.logins.begin('h', 'p')
    for (let i = 0; i < 3; i++) {
      await moveOn(LOGIN_IDLE_MS - MINUTE)
      expect(await goesOn(tables, 'h')).toBe(true)
    }
    await moveOn(LOGIN_IDLE_MS - MINUTE)
    expect(await goesOn(tables, 'h', false)).toBe(true)
    await moveOn(2 * MINUTE)
    expect(await goesOn(tables, 'h')).toBe(false)
  })

  test('a login that is used all the time ends after twelve hours', async () => {
    const tables = await open()
    await tables.logins.begin('h', 'p')
    const step = LOGIN_IDLE_MS / 2
    for (let passed = step; passed < LOGIN_LIFE_MS; passed += step) {
      await moveOn(step)
      expect(await goesOn(tables, 'h'), `after ${passed / MINUTE} minutes`).toBe(true)
    }
    await moveOn(step)
    expect(await goesOn(tables, 'h')).toBe(false)
  })

  test('of too many logins the one that was used longest ago ends', async () => {
    const tables = await open()
    await tables.logins.begin('first', 'p')
    await moveOn(2 * MINUTE)
    await tables.logins.begin('second', 'p')
    await moveOn(2 * MINUTE)
    expect(await goesOn(tables, 'first')).toBe(true)
    for (let i = 2; i <= MOST_LOGINS; i++) await tables.logins.begin(`more ${i}`, 'p')
    expect(await goesOn(tables, 'first')).toBe(true)
    expect(await goesOn(tables, 'second')).toBe(false)
    expect(await goesOn(tables, `more ${MOST_LOGINS}`)).toBe(true)
  })

  test('ten wrong keys of one caller are enough for a minute from the first, and no other one waits for it', async () => {
    const { guesses } = await open()
    for (let i = 0; i < 9; i++) expect(await guesses.wrong('one')).toBe(0)
    await moveOn(GUESSES_WINDOW_MS / 3)
    expect(await guesses.wrong('one')).toBe(0)
    const wait = await guesses.wrong('one')
    expect(wait).toBeGreaterThan(35)
    expect(wait).toBeLessThanOrEqual(40)
    expect(await guesses.wrong('other')).toBe(0)
    await moveOn(GUESSES_WINDOW_MS)
    for (let i = 0; i < 10; i++) expect(await guesses.wrong('one')).toBe(0)
    expect(await guesses.wrong('one')).toBeGreaterThan(50)
  })

  test('many callers guess no faster than two hundred a minute together, and who waits counts for nothing', async () => {
    const { guesses } = await open()
    for (let i = 0; i < 50; i++) await guesses.wrong('one')
    for (let i = 0; i < 190; i++) expect(await guesses.wrong(`caller ${i}`)).toBe(0)
    expect(await guesses.wrong('the last')).toBeGreaterThan(50)
    await moveOn(GUESSES_WINDOW_MS)
    expect(await guesses.wrong('the last')).toBe(0)
  })
}
