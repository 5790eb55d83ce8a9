import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { lastingPort } from './lasting-port.ts'

/** What happens to the Redis of a run. */
export interface RunRedis {
  readonly url: string
  /** Of its process; null for a Redis of somebody else. */
  readonly pid: number | null
  /** Ends it without a chance to do anything, for so long; a Redis of somebody else is left alone. */
  kill(awayMs: number): Promise<void>
  /** Empties it; a Redis of somebody else only of what this run put there. */
  flush(): Promise<void>
  /** Commands that it was given so far, by everybody. */
  commands(): Promise<number>
  close(): Promise<void>
}

const START_MS = 10_000
const POLL_MS = 20

/** A `redis-server` of its own with an append-only file in `dir`, or the one that `given` names where there is no binary. */
export async function openRedis(
  dir: string,
  given: string | undefined,
  name: () => string,
): Promise<RunRedis> {
  if (spawnSync('redis-server', ['--version']).status === 0) return startRedis(dir)
  if (given === undefined) throw new Error('--redis needs redis-server in the PATH, or REDIS_URL')
  return {
    url: given,
    pid: null,
    kill: async () => {},
    flush: () =>
      onRedis(given, async client => {
        for await (const keys of client.scanStream({ match: `*:${name()}:*` }))
          if (keys.length > 0) await client.del(...(keys as string[]))
      }),
    commands: () => onRedis(given, commandsOf),
    close: async () => {},
  }
}

async function startRedis(dir: string): Promise<RunRedis> {
  await mkdir(dir, { recursive: true })
  const port = await lastingPort()
  const url = `redis://127.0.0.1:${port}`
  const options = {
    port,
    dir,
    bind: '127.0.0.1',
    appendonly: 'yes',
    save: '',
    'maxmemory-policy': 'noeviction',
  }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  let server: ChildProcess

  const start = async () => {
    server = spawn('redis-server', args, { stdio: 'ignore' })
    for (const deadline = Date.now() + START_MS; ; await pause(POLL_MS)) {
      const info = await onRedis(url, client => client.info('server')).catch(() => '')
      // Another one may answer where this one found its port taken.
      if (info.includes(`process_id:${server.pid}\r\n`)) return
      if (server.exitCode !== null || Date.now() > deadline) throw new Error('redis-server did not start')
    }
  }
  const end = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  }
  await start()
  return {
    url,
    get pid() {
      return server.pid ?? null
    },
    async kill(awayMs) {
      await end()
      await pause(awayMs)
      await start()
    },
    flush: () => onRedis(url, client => client.flushall().then(() => {})),
    commands: () => onRedis(url, commandsOf),
    close: end,
  }
}

const commandsOf = async (client: Redis): Promise<number> =>
  Number(/total_commands_processed:(\d+)/.exec(await client.info('stats'))?.[1])

async function onRedis<T>(url: string, ask: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  // ioredis prints to the console what nobody listens to.
  client.on('error', () => {})
  try {
    await client.connect()
    return await ask(client)
  } finally {
    client.disconnect()
  }
}
