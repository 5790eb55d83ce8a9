import type { Sql } from './connection.ts'

const TRIES = 5
/** No answer says more than one that came as soon as this. */
const SOON_MS = 5
/** An answer that took longer says too little of what time it is. */
const LATE_MS = 1_000

/** A time of its own, not that of the transaction; in ms since the epoch. */
const NOW = 'extract(epoch FROM clock_timestamp())::float8 * 1000 AS at'

interface Answer {
  readOnly: boolean
  /** The server's time when the answer arrived, give or take half of what it took. */
  at: number
  tookMs: number
}

/** Whether the server takes no writes, and what time it is there. */
async function ask(sql: Sql): Promise<Answer> {
  const began = performance.now()
  const row = await sql.get<{ read_only: string; at: number }>(
    `SELECT current_setting('transaction_read_only') AS read_only, ${NOW}`,
  )
  const tookMs = performance.now() - began
  return { readOnly: row!.read_only === 'on', at: row!.at + tookMs / 2, tookMs }
}

/** What time it is for all nodes, as exactly as the soonest of some answers says it; ms since the epoch. */
export async function serverTime(sql: Sql): Promise<number> {
  let best = await ask(sql)
  let since = performance.now()
  for (let tries = 1; tries < TRIES && best.tookMs > SOON_MS; tries++) {
    const next = await ask(sql)
    if (next.tookMs > best.tookMs) continue
    best = next
    since = performance.now()
  }
  return best.at + performance.now() - since
}

/** Whether the server takes no writes; `onTime` hears what time it is there, in ms since the epoch. */
export async function isReadOnlyNow(sql: Sql, onTime: (at: number) => void): Promise<boolean> {
  const { readOnly, at, tookMs } = await ask(sql)
  if (tookMs <= LATE_MS) onTime(at)
  return readOnly
}
