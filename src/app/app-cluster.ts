import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Ownership } from '../cluster/ownership.ts'
import type { Config } from '../config.ts'

/** Makes this process a node among those that share its database; null without one: then nothing of it is loaded. */
export async function openCluster(
  config: Config,
  parts: { clock: Clock; logger: Logger },
): Promise<Ownership | null> {
  const { databaseUrl, dataDir, node, connect } = config
  if (databaseUrl === null) return null
  const [{ Ownership }, { openOwnerTable }] = await Promise.all([
    import('../cluster/ownership.ts'),
    import('../store/postgres/owners.ts'),
  ])
  return new Ownership({
    table: openOwnerTable({ url: databaseUrl }),
    place: placeOf(dataDir),
    leaseMs: node.leaseMs,
    maxSessions: node.maxSessions || Number.MAX_SAFE_INTEGER,
    perSecond: connect.perSecond,
    ...parts,
  })
}

/** DATA_DIR is held by one process at a time; of a copy of it on another machine nothing is concluded. */
function placeOf(dataDir: string): string {
  const file = join(dataDir, 'node.id')
  if (!existsSync(file)) writeFileSync(file, randomUUID(), { mode: 0o600 })
  return `${hostname()}/${readFileSync(file, 'utf8')}`
}
