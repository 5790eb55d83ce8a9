import type { Sql } from '../connection.ts'
import { DAY, daysOfPartition, makePartition, type Partitioned, partitionsOf } from './partitions.ts'

/** Nobody wrote on WhatsApp before its first year: such a time is a clock that was wrong. */
const FIRST_DAY = Date.UTC(2009, 0, 1) / DAY
/** So many partitions are as narrow as retention wants them, which is twice as long as anything is kept. */
const NARROW = 32
/** What is older is in partitions of a quarter, so that there are about a hundred at most. */
const QUARTER = 91
/** A clock that is ahead may have reached so many partitions further than now. */
const AHEAD = 2

/** From and to, in days since 1970. */
type Days = [from: number, to: number]

/**
 * The partitions that rows of these days need beside those that are there, in days since 1970, and one for today: never two for the same day.
 * Days at which nothing can have happened have none.
 */
export function partitionsOfPast(
  days: number[],
  { today, width, there }: { today: number; width: number; there: Days[] },
): Days[] {
  const now = Math.floor(today / width) * width
  const narrowFrom = now - NARROW * width
  const wide = Math.max(width, QUARTER)
  const found = new Map<number, Days>()
  for (const day of [...days, today]) {
    const isKnown = there.some(([from, to]) => from <= day && day < to)
    if (isKnown || day < FIRST_DAY || day >= now + AHEAD * width) continue
    const isNarrow = day >= narrowFrom
    const size = isNarrow ? width : wide
    const start = Math.floor(day / size) * size
    const from = Math.max(start, ...there.flatMap(([, to]) => (to <= day ? to : [])))
    const ends = there.flatMap(([from]) => (from > day ? from : []))
    found.set(from, [from, Math.min(start + size, isNarrow ? Number.POSITIVE_INFINITY : narrowFrom, ...ends)])
  }
  return [...found.values()].sort(([a], [b]) => a - b)
}

/** Makes partitions for what moves into a table that is empty, so that it can be dropped later as what is written from now on. */
export async function makePast(
  sql: Sql,
  table: Partitioned,
  { days, now, keepDays }: { days: number[]; now: number; keepDays: number },
): Promise<void> {
  const there = (await partitionsOf(sql, table)).map(({ from, to }): Days => [from / DAY, to / DAY])
  const today = Math.floor(now / DAY)
  const wanted = partitionsOfPast(days, { today, width: daysOfPartition(keepDays), there })
  for (const [from, to] of wanted) await makePartition(sql, table, { from: from * DAY, to: to * DAY })
}
