import { setTimeout as pause } from 'node:timers/promises'
import type { RunPostgres } from '../../harness/postgres/run-postgres.ts'
import type { RunRedis } from '../../harness/redis.ts'
import { serverWork } from '../probe/server-work.ts'
import type { Pair } from '../traffic/pair.ts'
import type { ManagerContender, ProcessSettings, SessionSet } from './contender.ts'
import { Manager } from './manager.ts'

const POLL_MS = 10

/** The servers that a manager needs. */
export interface Servers {
  redis?: RunRedis | null
  postgres?: RunPostgres | null
}

/**
 * Sessions that were linked to the manager with this data directory, or in `postgres`; deliveries are queued in its process, or on `redis`;
 * traced if asked.
 */
export function managerSessions(
  processSettings: ProcessSettings,
  pairs: Pair[],
  dataDir: string,
  { redis = null, postgres = null, tracesUrl = null }: Servers & { tracesUrl?: string | null } = {},
): SessionSet<ManagerContender> {
  return {
    pairs,
    dataDir: postgres === null ? dataDir : null,
    start() {
      const manager = new Manager({
        ...processSettings,
        dataDir,
        ...(redis !== null && { redisUrl: redis.url }),
        databaseUrl: postgres?.url ?? null,
        tracesUrl,
      })
      const { child } = manager
      processSettings.onStart(child)
      return {
        pid: child.pid,
        pids: [child.pid, ...[redis?.pid, postgres?.pid].flatMap(pid => pid ?? [])],
        ...((postgres ?? redis) && { serverWork: () => serverWork({ postgres, redis }) }),
        probe: child.remote,
        async openAll() {
          // After a restart /stats tells the states from before, until each session has resumed; a login comes later than that.
          const before = await processSettings.logins()
          await manager.started()
          while ((await processSettings.logins()) - before < pairs.length) {
            if (!child.running) throw new Error(`the manager ended:\n${child.output}`)
            await pause(POLL_MS)
          }
          await manager.allOpen(pairs.length)
        },
        allOpen: () => manager.allOpen(pairs.length),
        hurry: () => manager.hurry(),
        send: each =>
          manager.send(
            pairs.map(({ number, address }) => ({ number, to: address })),
            each,
          ),
        sendToGroups: (memberships, each) =>
          manager.send(
            memberships.map(({ number, group }) => ({ number, to: group })),
            each,
          ),
        sendFiles: jobs => manager.sendFiles(jobs),
        kill: () => manager.kill(),
        stop: () => manager.stop(),
      }
    },
  }
}
