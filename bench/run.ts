import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Child } from './child.ts'
import { type Fleet, type Ground, managedFleet, plainFleet } from './contender.ts'
import { Laravel } from './laravel.ts'
import { linkAll } from './link.ts'
import { Manager } from './manager.ts'
import { type Figures, measure, type Traffic } from './measure.ts'
import { createProgress } from './progress.ts'
import { type Lives, rowsOf, sum, table } from './report.ts'
import type { Pair, World } from './world.ts'

/** The manager and a plain loop of Baileys sockets, side by side on one simulator: one table of what the manager costs. */

const CONCURRENCY = 10
const TRAFFIC: Traffic = { warmUp: 200, sent: 600, said: 300, saidPerSecond: 50 }

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '2' },
    /** Print figures instead of a table. */
    json: { type: 'boolean', default: false },
    /** For every process under test, such as --node-flags="--cpu-prof --cpu-prof-dir=profiles". */
    'node-flags': { type: 'string', default: '' },
  },
})

const progress = createProgress(process.stderr)
const children: { kill(): void }[] = []
const laravel = new Laravel()
const dir = await mkdtemp(join(tmpdir(), 'whatsapp-manager-bench-'))
const killAll = () => {
  for (const child of children) child.kill()
}
process.on('SIGINT', () => {
  killAll()
  process.exit(130)
})

try {
  const sessions = whole('sessions', 2)
  const few = Math.max(1, Math.round(sessions / 5))
  const rounds = whole('rounds', 1)
  const world = new Child<World>({ name: 'the simulator', file: 'bench/world.ts' })
  children.push(world)
  await laravel.listen()
  const ground: Ground = {
    whatsapp: await world.remote.call('listen'),
    laravelUrl: laravel.url,
    concurrency: CONCURRENCY,
    nodeFlags: values['node-flags'].split(' ').filter(flag => flag !== ''),
    onStart: child => children.push(child),
  }

  const fleets = {
    manager: { few: await managed(few, '1'), all: await managed(sessions, '2') },
    plain: { few: await plain(few, '3'), all: await plain(sessions, '4') },
  }
  const lives: Record<'manager' | 'plain', Lives> = {
    manager: { few: [], all: [] },
    plain: { few: [], all: [] },
  }
  for (let round = 1; round <= rounds; round++) {
    // In turn, so that what slows the machine slows both.
    const order = round % 2 === 1 ? (['plain', 'manager'] as const) : (['manager', 'plain'] as const)
    for (const size of ['few', 'all'] as const)
      for (const who of order)
        lives[who][size].push(await live(`round ${round}/${rounds}, ${who}`, fleets[who][size]))
  }
  progress.done()

  const rows = rowsOf(lives.manager, lives.plain)
  const integrity = { manager: sum(lives.manager), plain: sum(lives.plain) }
  const title = `${sessions} sessions (slopes from ${few}), ${rounds} rounds, Node ${process.versions.node}, ${availableParallelism()} cores, ${progress.seconds()} s`
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ sessions, few, rounds, node: process.versions.node, rows, integrity, lives }, null, 2)}\n`
      : `${table(title, rows, integrity)}\n`,
  )
  const troubles = [...integrity.manager.troubles, ...integrity.plain.troubles]
  for (const trouble of troubles.slice(0, 20)) process.stderr.write(`${trouble}\n`)
  if (troubles.length > 0) process.exitCode = 1

  function whole(name: 'sessions' | 'rounds', least: number): number {
    const value = Number(values[name])
    if (Number.isInteger(value) && value >= least) return value
    throw new Error(`--${name} must be a whole number of at least ${least}`)
  }

  /** Links so many sessions to a manager of their own. */
  async function managed(count: number, series: string): Promise<Fleet> {
    const pairs = await meet(count, series)
    const dataDir = join(dir, `manager-${count}`)
    const manager = new Manager({ ...ground, dataDir, nodeFlags: [] })
    children.push(manager.child)
    await manager.started()
    let linked = 0
    await linkAll({ manager, world: world.remote, laravel }, pairs, {
      concurrency: CONCURRENCY,
      onLinked: () => progress.show(`linking over HTTP and QR: ${++linked} of ${count} sessions`),
    })
    await manager.stop()
    return managedFleet(ground, pairs, dataDir)
  }

  async function plain(count: number, series: string): Promise<Fleet> {
    const pairs = await meet(count, series)
    progress.show(`enrolling ${count} sessions for the plain loop`)
    const creds = await Promise.all(pairs.map(({ number }) => world.remote.call('enroll', number)))
    return plainFleet(ground, pairs, creds)
  }

  async function meet(count: number, series: string): Promise<Pair[]> {
    const pairs = Array.from({ length: count }, (_, i) => {
      const digits = series + String(i).padStart(6, '0')
      return { number: `3461${digits}`, contact: `3462${digits}` }
    })
    await Promise.all(pairs.map(({ contact }) => world.remote.call('meet', contact)))
    return pairs
  }

  async function live(title: string, fleet: Fleet): Promise<Figures> {
    const traffic = fleet.pairs.length === sessions ? TRAFFIC : { ...TRAFFIC, saidPerSecond: 100 }
    const figures = await measure(fleet, {
      world: world.remote,
      laravel,
      traffic,
      onStep: step => progress.show(`${title}, ${fleet.pairs.length} sessions: ${step}`),
    })
    progress.say(
      `${title}, ${figures.sessions} sessions: ${figures.opensPerSecond.toFixed(1)} opened a second, ${figures.cpuPerSent.toFixed(2)} ms CPU a message, ${(figures.rss / 1024 / 1024).toFixed(0)} MB`,
    )
    return figures
  }
} catch (error) {
  progress.done()
  process.stderr.write(`The benchmark could not finish: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
} finally {
  killAll()
  await laravel.close()
  await rm(dir, { recursive: true, force: true })
}
