import { setTimeout as pause } from 'node:timers/promises'
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
import { compareNodes } from './compare-nodes.ts'
import { Fleet } from './fleet.ts'
import type { NodeRound } from './node-plan.ts'
import { runNodeRounds } from './node-rounds.ts'

export interface NodesOptions extends Omit<EnvironmentOptions, 'env' | 'keepAliveMs' | 'postgres'> {
  nodes: number
  rounds: NodeRound[]
  groups: boolean
  leaseMs: number
}

export interface Outcome {
  findings: Finding[]
  records: Records
}

const POLL_MS = 100
/** Until every session is open once all nodes are well again. */
const OPEN_MS = 120_000

/** Several managers share a PostgreSQL and a Redis, and one thing after the other befalls them while everybody writes. */
export function runNodes({ nodes, rounds, groups, leaseMs, ...around }: NodesOptions): Promise<Outcome> {
  let refused = 0
  const options = {
    ...around,
    postgres: true,
    env: { NODE_LEASE_MS: String(around.mode === 'unfenced' ? leaseMs * BELIEVES : leaseMs) },
  }
  return inEnvironmentOf(
    options,
    ({ dataDir, onOutput, ...settings }, { redis, postgres }) =>
      Fleet.open({
        ...settings,
        nodes,
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
        const beside = compareNodes({ replaced, held: results.held, leaseMs, refused })
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

/** Resolves when WhatsApp has a connection of every session, or with how many it lacks after quite a while. */
async function allOnline({
  simulator,
  sessions,
  progress,
}: Pick<ChaosEnvironment, 'simulator' | 'sessions' | 'progress'>): Promise<number> {
  for (const deadline = Date.now() + OPEN_MS; ; await pause(POLL_MS)) {
    const { online } = await simulator.remote.call('count')
    progress.show(`${online} of ${sessions.length} sessions are open`)
    if (online >= sessions.length || Date.now() > deadline) return Math.max(0, sessions.length - online)
  }
}
