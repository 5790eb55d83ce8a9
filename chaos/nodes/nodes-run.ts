import type { Finding } from '../compare-records.ts'
import { compareRecords } from '../compare-records.ts'
import {
  beginTraffic,
  type ChaosEnvironment,
  drain,
  type EnvironmentOptions,
  inactive,
  inEnvironmentOf,
  link,
  recordsOf,
} from '../environment.ts'
import { BELIEVES } from '../modes.ts'
import type { Records } from '../records.ts'
import { REFUSED } from '../stale-writes.ts'
import { allOnline, OPEN_MS } from './all-online.ts'
import { compareNodes } from './compare-nodes.ts'
import { Fleet } from './fleet.ts'
import type { NodeRound } from './node-plan.ts'
import { runNodeRounds } from './node-rounds.ts'

export interface NodesOptions extends Omit<EnvironmentOptions, 'env' | 'keepAliveMs' | 'postgres'> {
  nodes: number
  rounds: NodeRound[]
  groups: boolean
  leaseMs: number
  /** How far the second node's clock is ahead and the third's behind, in ms, until they change places. */
  clockOffMs: number
  /** Rounds may find disks of PostgreSQL full. */
  diskFull: boolean
}

export interface Outcome {
  findings: Finding[]
  records: Records
}

/** Several managers share a PostgreSQL and a Redis, and one thing after the other befalls them while everybody writes. */
export function runNodes(runOptions: NodesOptions): Promise<Outcome> {
  const { nodes, rounds, groups, leaseMs, clockOffMs, diskFull, ...around } = runOptions
  let refused = 0
  const options = {
    ...around,
    postgres: { smallDisks: diskFull, standby: rounds.some(({ deed }) => deed === 'failOver') },
    env: { NODE_LEASE_MS: String(around.mode === 'unfenced' ? leaseMs * BELIEVES : leaseMs) },
  }
  return inEnvironmentOf(
    options,
    ({ dataDir, onOutput, ...settings }, { redis, postgres }) =>
      Fleet.open({
        ...settings,
        nodes,
        clockOffMs,
        dir: dataDir,
        databaseUrl: postgres!.url,
        redisUrl: redis!.url,
        onOutput(text) {
          refused += text.split(REFUSED).length - 1
          onOutput(text)
        },
      }),
    async environment => {
      const { simulator, manager: fleet, laravel, progress, mode } = environment
      try {
        if (fleet.setClocks('first'))
          progress.say(
            `the clock of the second node is ${clockOffMs / 1000} s ahead, that of the third behind`,
          )
        await link(environment)
        await fleet.start({ mode, killAt: null, pagesLeft: null })
        await allOnline(environment)
        const { qrs } = await simulator.remote.call('count')
        await beginTraffic(environment, environment.sessions, around.random, groups)
        const results = await runNodeRounds(environment, rounds)
        const troubles = [...results.troubles]
        const offline = await allOnline(environment)
        if (offline > 0) troubles.push(`${offline} sessions were not open again after ${OPEN_MS / 1000} s`)
        await drain(environment)
        await fleet.stop('SIGTERM')
        progress.say(`named moments reached: ${results.reached}, missed: ${results.missed}`)
        for (const { session, estado } of inactive(laravel))
          troubles.push(`${session} ended as "${estado}" for Laravel`)
        const records = await recordsOf(environment, { qrs, processRuns: [], troubles })
        const replaced = await simulator.remote.call('replaced')
        const beside = compareNodes({
          replaced,
          held: results.held,
          leaseMs,
          refused,
          left: await leftOf(environment),
        })
        return {
          findings: [...compareRecords(records), ...beside],
          records,
        }
      } finally {
        await fleet.close()
      }
    },
  )
}

/** By the numbers that the mailbox gave to its rows, which are gone by now. */
async function leftOf({ postgres }: Pick<ChaosEnvironment, 'postgres'>): Promise<number> {
  const [row] = await postgres!.query<{ left: string }>(
    "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('mailbox', 'n')), 0) AS left",
  )
  return Number(row!.left)
}
