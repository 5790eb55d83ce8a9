import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { now } from '../../harness/now.ts'
import type { RunPostgres } from '../../harness/postgres/run-postgres.ts'
import type { RunRedis } from '../../harness/redis.ts'
import { Manager } from '../contenders/manager.ts'
import type { Environment } from '../environment/environment.ts'
import { addPairs, linkPairs } from '../environment/session-sets.ts'

/** So many nodes with all sessions; times in ms, null where nobody is left to take anything over. */
export interface NodesFigures {
  nodes: number
  sessions: number
  /** From the start of all processes until every session is open. */
  startToOpen: number
  /** From kill -9 of one node until what it had is open elsewhere: its lease is in it. */
  killedToOpen: number | null
  /** From SIGTERM for one node until what it had is open elsewhere. */
  handedOver: number | null
  /** How many sessions the node had that was killed, and the one that handed over. */
  moved: { killed: number; handedOver: number }
}

export interface NodesOptions {
  sessions: number
  /** The most nodes. */
  nodes: number
  leaseMs: number
}

const OPEN_MS = 300_000
const POLL_MS = 20
/** A node that joins has its share by then, or never. */
const SHARED_MS = 120_000

/** Links sessions once, and opens them with one node, then with two and so on. */
export async function measureNodes(
  environment: Environment,
  { postgres, redis }: { postgres: RunPostgres; redis: RunRedis },
  { sessions, nodes: most, leaseMs }: NodesOptions,
): Promise<NodesFigures[]> {
  const { simulator, processSettings, dir, progress } = environment
  const start = (n: number) => {
    const manager = new Manager({
      ...processSettings,
      dataDir: join(dir, `node-${n}`),
      databaseUrl: postgres.url,
      redisUrl: redis.url,
      leaseMs,
    })
    processSettings.onStart(manager.child)
    return manager
  }
  const online = () => simulator.remote.call('online')
  const allOpen = async (since: number) => {
    for (const deadline = now() + OPEN_MS; now() < deadline; await pause(POLL_MS))
      if ((await online()) >= sessions) return now() - since
    throw new Error(`${await online()} of ${sessions} sessions are open`)
  }
  const ownOf = async ({ url }: Manager): Promise<number> => {
    const [row] = await postgres.query<{ own: number }>(
      `SELECT count(*)::int AS own FROM sessions JOIN nodes ON node = owner WHERE url = '${url}' AND erased_at IS NULL`,
    )
    return row!.own
  }
  const haveAtLeast = async (manager: Manager, share: number) => {
    for (const deadline = now() + SHARED_MS; (await ownOf(manager)) < share; await pause(POLL_MS * 5))
      if (now() > deadline)
        throw new Error(`a node has ${await ownOf(manager)} sessions, its share are ${share}`)
  }
  /** From the moment at which a process is ended until it has ended, and all it had is open elsewhere. */
  const backAfter = async (end: Promise<void>) => {
    const since = now()
    await end
    return allOpen(since)
  }

  const first = start(0)
  await first.started()
  await linkPairs(environment, first, await addPairs(environment, sessions, 1))
  await first.stop()
  progress.say(`${sessions} sessions linked on PostgreSQL`)

  const figures: NodesFigures[] = []
  for (let nodes = 1; nodes <= most; nodes++) {
    const title = `${nodes} node${nodes > 1 ? 's' : ''}`
    progress.show(`${title}: opening all`)
    const since = now()
    const managers = Array.from({ length: nodes }, (_, n) => start(n))
    await Promise.all(managers.map(manager => manager.started()))
    const startToOpen = await allOpen(since)
    let killedToOpen: number | null = null
    let handedOver: number | null = null
    const moved = { killed: 0, handedOver: 0 }
    if (nodes > 1) {
      const share = Math.floor(sessions / nodes)
      await haveAtLeast(managers.at(-1)!, share)
      moved.killed = await ownOf(managers.at(-1)!)
      progress.show(`${title}: kill -9`)
      killedToOpen = await backAfter(managers.pop()!.kill())
      const back = start(nodes - 1)
      managers.push(back)
      await back.started()
      progress.show(`${title}: a node comes back and takes its share`)
      await haveAtLeast(back, share)
      await allOpen(now())
      moved.handedOver = await ownOf(back)
      progress.show(`${title}: SIGTERM`)
      handedOver = await backAfter(managers.pop()!.stop())
    }
    const one = { nodes, sessions, startToOpen, killedToOpen, handedOver, moved }
    progress.say(`${title}: all open in ${(startToOpen / 1000).toFixed(1)} s`)
    figures.push(one)
    await Promise.all(managers.map(manager => manager.stop()))
  }
  return figures
}
