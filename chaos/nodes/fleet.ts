import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Answer } from '../../harness/manager-api.ts'
import { Wire } from '../../harness/wire.ts'
import type { ProcessOptions, Signal } from '../manager-program.ts'
import type { ManagerUnderTest } from '../manager-under-test.ts'
import { type ManagerSettings, RestartableManager } from '../restartable-manager.ts'

export interface FleetSettings extends Omit<ManagerSettings, 'dataDir'> {
  nodes: number
  /** Each node has a directory in it. */
  dir: string
  /** See `setClocks`. */
  clockOffMs: number
  databaseUrl: string
  redisUrl: string
}

/** One of the managers that share a database, and its own ways there. */
export interface FleetNode {
  readonly manager: RestartableManager
  readonly database: Wire
  readonly redis: Wire
  /** SIGSTOP has it: whoever spreads requests leaves it out. */
  isStopped: boolean
}

const POLL_MS = 50
const JUMPING_CLOCK = new URL('../../harness/jumping-clock.ts', import.meta.url).href
/** Which way the clock of each node is wrong at first. */
const WRONG = [0, 1, -1]

const clockFile = (dir: string, n: number) => join(dir, `clock-of-node-${n + 1}`)

/** Managers that share a database and a Redis, and whoever spreads the requests over those that run. */
export class Fleet implements ManagerUnderTest {
  readonly nodes: FleetNode[]
  readonly #dir: string
  readonly #clockOffMs: number
  #turn = 0

  private constructor(nodes: FleetNode[], { dir, clockOffMs }: Pick<FleetSettings, 'dir' | 'clockOffMs'>) {
    this.nodes = nodes
    this.#dir = dir
    this.#clockOffMs = clockOffMs
  }

  static async open(options: FleetSettings): Promise<Fleet> {
    const { nodes, dir, clockOffMs, databaseUrl, redisUrl, env, ...settings } = options
    mkdirSync(dir, { recursive: true })
    const clock = (n: number) => ({
      NODE_OPTIONS: `--import ${JUMPING_CLOCK}`,
      CLOCK_SHIFT_FILE: clockFile(dir, n),
    })
    const made = Array.from({ length: nodes }, async (_, n): Promise<FleetNode> => {
      const [database, redis] = [new Wire(databaseUrl), new Wire(redisUrl)]
      const through = async (url: string, wire: Wire) => {
        const own = new URL(url)
        own.port = String(await wire.listen())
        return own.href
      }
      const manager = new RestartableManager({
        ...settings,
        dataDir: `${dir}/node-${n + 1}`,
        env: {
          ...env,
          ...(clockOffMs > 0 && clock(n)),
          DATABASE_URL: await through(databaseUrl, database),
          REDIS_URL: await through(redisUrl, redis),
        },
      })
      return { manager, database, redis, isStopped: false }
    })
    return new Fleet(await Promise.all(made), options)
  }

  /** Sets the machines of the nodes to times that are wrong, also while they run: one ahead, one behind. False: all are right. */
  setClocks(way: 'first' | 'changed'): boolean {
    if (this.#clockOffMs === 0) return false
    for (const n of this.nodes.keys()) {
      const off = (WRONG[n % WRONG.length] ?? 0) * this.#clockOffMs
      writeFileSync(clockFile(this.#dir, n), String(way === 'first' ? off : -off))
    }
    return true
  }

  async start(options: ProcessOptions): Promise<void> {
    await Promise.all(
      this.nodes.filter(({ manager }) => !manager.running).map(({ manager }) => manager.start(options)),
    )
  }

  async stop(signal: Signal): Promise<void> {
    await Promise.all(
      this.nodes.filter(({ manager }) => manager.running).map(({ manager }) => manager.stop(signal)),
    )
  }

  get running(): boolean {
    return this.#serving.length > 0
  }

  /** Nobody else's Redis is used: it has no name there. */
  readonly installation = ''

  async up(): Promise<void> {
    while (!this.running) await pause(POLL_MS)
  }

  /** Of all nodes: they share the store. */
  pending(): Promise<number> {
    return this.#next().pending()
  }

  /** One request to whichever node's turn it is. */
  async call(method: 'GET' | 'POST', path: string, body?: object, key?: string): Promise<Answer> {
    return this.#next().call(method, path, body, key)
  }

  startSession(sessionId: string): Promise<void> {
    return this.#next().startSession(sessionId)
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.flatMap(({ database, redis }) => [database.close(), redis.close()]))
  }

  get #serving(): RestartableManager[] {
    return this.nodes.flatMap(({ manager, isStopped }) => (manager.listening && !isStopped ? [manager] : []))
  }

  #next(): RestartableManager {
    const serving = this.#serving
    const next = serving[this.#turn++ % serving.length]
    if (next === undefined) throw new Error('nobody listens')
    return next
  }
}
