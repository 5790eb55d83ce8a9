import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { VARIABLES } from '../../src/config/variables.ts'
import { loadConfig } from '../../src/config.ts'
import { composed } from './compose.ts'

const FILE = 'deploy/compose.nodes.yaml'
const GIVEN = { API_KEYS: 'of-laravel', POSTGRES_PASSWORD: 's3cret' }

const services = composed(FILE, GIVEN)
const nodes = Object.entries(services).filter(([name]) => name.startsWith('node-'))
const configs = nodes.map(([, { environment }]) => loadConfig(environment))
const nginx = readFileSync('deploy/nginx.nodes.conf', 'utf8')

it('are three that share a database, a Redis and their media, each reachable under its own name', () => {
  expect(nodes).toHaveLength(3)
  for (const [i, config] of configs.entries()) {
    const [name] = nodes[i]!
    expect(config.node.url).toBe(`http://${name}:${config.http.port}`)
    expect(config.http.host).toBe('0.0.0.0')
    expect(new URL(config.databaseUrl!)).toMatchObject({ hostname: 'postgres', password: 's3cret' })
    expect(config.redisUrl).toBe('redis://redis:6379')
    expect(config.media.store).toEqual(configs[0]!.media.store)
  }
  expect(services).toMatchObject({ postgres: {}, redis: {}, balancer: {} })
})

it('have a directory each, and nothing else to write to', () => {
  const text = readFileSync(FILE, 'utf8')
  const dirs = [...text.matchAll(/^ {4}volumes: \[(data-\d):\/data, media:\/media\]$/gm)].map(
    ([, dir]) => dir,
  )
  expect(dirs).toEqual(['data-1', 'data-2', 'data-3'])
  expect(text).toMatch(/^ {2}read_only: true$/m)
  const grace = Number(/stop_grace_period: (\d+)s/.exec(text)?.[1])
  expect(grace * 1000).toBeGreaterThan(Number(VARIABLES.SHUTDOWN_GRACE_MS.fallback))
})

it('all stand behind the load balancer, which asks no second one for a send that may have left', () => {
  const servers = [...nginx.matchAll(/^ {4}server (\S+):(\d+) /gm)].map(
    ([, host, port]) => `http://${host}:${port}`,
  )
  expect(servers).toEqual(configs.map(({ node }) => node.url))
  expect(nginx).toMatch(/^ +proxy_next_upstream error timeout;$/m)
})

it('get requests by how many they have, not by who asks: Laravel is one caller', () => {
  expect(nginx).toMatch(/^ {4}least_conn;$/m)
  expect(nginx).not.toMatch(/_hash\b/)
})

it.each(Object.keys(GIVEN))('does not start without %s', name => {
  expect(() => composed(FILE, { ...GIVEN, [name]: '' })).toThrow(name)
})
