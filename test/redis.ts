import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { describe, it } from 'vitest'
import { lastingPort } from '../harness/lasting-port.ts'

const DEFAULT_URL = 'redis://127.0.0.1:6379'

/** A connection that reports its errors to whoever awaits a command, and to nobody else. */
export function redisClient(url: string): Redis {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0 })
  redis.on('error', () => {})
  return redis
}

/** Runs one thing on a connection of its own. */
export async function onRedis<T>(url: string, run: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = redisClient(url)
  try {
    await redis.connect()
    return await run(redis)
  } finally {
    redis.disconnect()
  }
}

async function answers(url: string): Promise<boolean> {
  return onRedis(url, async redis => (await redis.ping()) === 'PONG').catch(() => false)
}

const binary = spawnSync('redis-server', ['--version']).status === 0

export interface OwnRedis {
  url: string
  port: number
  start(): Promise<void>
  /** Ends the server at once; with `SIGSTOP` it stays and is silent. */
  kill(signal?: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>
  close(): Promise<void>
}

/** A Redis of the test's own: append-only file in a temporary folder, a free port on 127.0.0.1, not started yet. */
export async function createOwnRedis(settings: string[] = []): Promise<OwnRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'redis-'))
  const port = await lastingPort()
  const url = `redis://127.0.0.1:${port}`
  let child: ChildProcess | null = null
  const runs = () => child !== null && child.exitCode === null && child.signalCode === null

  const kill: OwnRedis['kill'] = async (signal = 'SIGKILL') => {
    if (child === null || !runs()) return
    const ended = once(child, 'exit')
    child.kill(signal)
    if (signal !== 'SIGKILL') return
    await ended
    child = null
  }

  return {
    url,
    port,
    kill,
    async start() {
      const fixed = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--save', '']
      const args = [...fixed, '--appendonly', 'yes', '--appendfsync', 'always', ...settings]
      child = spawn('redis-server', args, { stdio: 'ignore' })
      // Another one may answer where this one found its port taken.
      const own = `process_id:${child.pid}\r\n`
      const isUp = () =>
        onRedis(url, client => client.info('server')).then(
          info => info.includes(own),
          () => false,
        )
      for (let tries = 0; !(await isUp()); tries++) {
        if (!runs() || tries > 1_000) throw new Error(`redis-server does not start on ${port}`)
        await new Promise(resolve => setTimeout(resolve, 10))
      }
    },
    async close() {
      await kill()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** What is missing to run tests with a real Redis, or null. */
async function missing(): Promise<string | null> {
  if (binary || (await answers(process.env.REDIS_URL ?? DEFAULT_URL))) return null
  return `nothing answers at ${process.env.REDIS_URL ?? DEFAULT_URL} and there is no redis-server to start`
}

function unless(lack: string | null, name: string, suite: () => void): void {
  if (lack === null) describe(name, suite)
  else if (process.env.REQUIRE_REDIS === '1') {
    it(name, () => {
      throw new Error(`REQUIRE_REDIS=1, but ${lack}`)
    })
  } else describe.skip(`${name} (skipped: ${lack})`, suite)
}

/** Tests that need a Redis and may share it: they use names of their own and remove what they made. */
export async function describeWithRedis(name: string, suite: () => void): Promise<void> {
  unless(await missing(), name, suite)
}

/** Tests that kill, flush or fill a Redis: they need one of their own. */
export function describeWithOwnRedis(name: string, suite: () => void): void {
  unless(binary ? null : 'there is no redis-server to start', name, suite)
}

/** The Redis that tests share: REDIS_URL, the one at the usual port, or one that is started here. `close` ends what was started. */
export async function sharedRedis(): Promise<{ url: string; close(): Promise<void> }> {
  const url = process.env.REDIS_URL ?? DEFAULT_URL
  if (await answers(url)) return { url, close: async () => {} }
  const own = await createOwnRedis()
  await own.start()
  return own
}

/** Removes every key of one queue. */
export function forget(url: string, name: string): Promise<void> {
  return onRedis(url, async redis => {
    for await (const keys of redis.scanStream({ match: `whatsapp-manager:${name}:*` }))
      if (keys.length > 0) await redis.del(...keys)
  })
}
