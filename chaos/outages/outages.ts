import { setTimeout as pause } from 'node:timers/promises'
import type { RunPostgres } from '../../harness/postgres/run-postgres.ts'

/** What befalls PostgreSQL and lasts: who lives through it says so meanwhile, and all come back by themselves. */
export const OUTAGES = {
  readOnly: 'PostgreSQL read-only',
  failOver: 'PostgreSQL crashes for good, its standby is promoted later',
  tablesFull: 'the disk of PostgreSQL full',
  logFull: 'the disk of its write-ahead log full, of which PostgreSQL dies',
} as const
export type Outage = keyof typeof OUTAGES

/** These need a disk that can be full, and no standby beside it; the others need no more than a standby. */
export const FULL_DISKS: readonly Outage[] = ['tablesFull', 'logFull']
export const LASTING: readonly Outage[] = ['readOnly', 'failOver']

/** Lets it happen for so long, in ms, and ends it. */
export async function befallPostgres(postgres: RunPostgres, outage: Outage, ms: number): Promise<void> {
  if (outage === 'failOver') return postgres.failOver(ms)
  if (outage === 'readOnly') {
    await postgres.setReadOnly(true)
    await pause(ms)
    return postgres.setReadOnly(false)
  }
  await postgres.fillDisk(outage === 'tablesFull' ? 'tables' : 'log')
  await pause(ms)
  await postgres.freeDisk()
}
