import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Child } from '../harness/child.ts'
import { linkAll } from '../harness/link-sessions.ts'
import { openPostgres, type PostgresNeeds, type RunPostgres } from '../harness/postgres/run-postgres.ts'
import type { Progress } from '../harness/progress.ts'
import { openRedis, type RunRedis } from '../harness/redis.ts'
import type { Commands } from '../harness/rpc.ts'
import type { SeededRandom } from '../simulator/seeded-random.ts'
import { Callers } from './callers.ts'
import { Laravel } from './laravel.ts'
import type { ProcessOptions } from './manager-program.ts'
import type { ManagerUnderTest } from './manager-under-test.ts'
import type { Conversation, ProcessRun, Records, Send } from './records.ts'
import { type ManagerSettings, RestartableManager } from './restartable-manager.ts'
import type { SimulatorProgram } from './simulator-program.ts'

/** What stands around the manager while it is mistreated. */
export interface ChaosEnvironment<M extends ManagerUnderTest = RestartableManager> {
  simulator: Child<SimulatorProgram>
  laravel: Laravel
  manager: M
  callers: Callers
  progress: Progress
  /** Null without --redis. */
  redis: RunRedis | null
  /** Null without --postgres. */
  postgres: RunPostgres | null
  mode: ProcessOptions['mode']
  /** The numbers that are linked. */
  sessions: string[]
}

export interface EnvironmentOptions {
  random: SeededRandom
  sessions: number
  mode: ProcessOptions['mode']
  /** For the data directory and the log. */
  dir: string
  progress: Progress
  /** Deliveries go through Redis: one of the run's own or, where there is no redis-server, this one. */
  redis: { url: string | undefined } | null
  /** The store is a PostgreSQL of the run's own, with what it needs beside it. */
  postgres?: PostgresNeeds | null
  /** How often the manager asks a silent WhatsApp, in ms; Baileys' 30 s unless given. */
  keepAliveMs?: number
  /** More of the manager's environment. */
  env?: Record<string, string>
  onStart(child: Pick<Child<Commands>, 'kill' | 'name' | 'output'>): void
}

const LINKS_AT_ONCE = 10
const CONTACTS = 2
/** In all chats together, a second; what this many sessions can carry while they are opened again and again. */
const PACE = { said: 25, sent: 40 }
/** A chat is a chat, not a stream: at least so long between two texts, on average. */
const CHAT_MS = 300
/** Until nothing is on its way any more. */
const DRAIN_MS = 300_000
const POLL_MS = 200
const QUIET_POLLS = 10
/** Sessions that are named while they are waited for. */
const NAMED = 3

/** Starts the simulator and Laravel, lets `work` be done with a manager that does not run yet, and ends all that was started. */
export function inEnvironment<T>(
  options: EnvironmentOptions,
  work: (environment: ChaosEnvironment) => Promise<T>,
): Promise<T> {
  return inEnvironmentOf(options, async settings => new RestartableManager(settings), work)
}

/** The same with whatever the manager is made of. */
export async function inEnvironmentOf<M extends ManagerUnderTest & { installation: string }, T>(
  options: EnvironmentOptions,
  open: (settings: ManagerSettings, servers: Pick<ChaosEnvironment, 'redis' | 'postgres'>) => Promise<M>,
  work: (environment: ChaosEnvironment<M>) => Promise<T>,
): Promise<T> {
  const { random, sessions, mode, dir, progress, redis: wanted, env, keepAliveMs, onStart } = options
  const simulator = new Child<SimulatorProgram>({ name: 'the simulator', file: 'chaos/simulator-program.ts' })
  onStart(simulator)
  const laravel = new Laravel(random)
  await laravel.listen()
  const log = createWriteStream(join(dir, 'manager.log'))
  const redis =
    wanted === null ? null : await openRedis(join(dir, 'redis'), wanted.url, () => manager.installation)
  const postgres = options.postgres ? await openPostgres(options.postgres) : null
  const settings: ManagerSettings = {
    whatsapp: await simulator.remote.call('listen', random.seed),
    laravelUrl: laravel.url,
    dataDir: join(dir, 'data'),
    env: {
      LOG_LEVEL: 'info',
      ...(redis && { REDIS_URL: redis.url }),
      ...(postgres && { DATABASE_URL: postgres.url }),
      ...env,
    },
    ...(keepAliveMs !== undefined && { keepAliveMs }),
    onStart,
    onOutput: text => log.write(text),
  }
  const manager: M = await open(settings, { redis, postgres })
  const callers = new Callers(manager, random)
  try {
    return await work({
      simulator,
      laravel,
      manager,
      callers,
      progress,
      redis,
      postgres,
      mode,
      sessions: numbersOf(sessions),
    })
  } finally {
    simulator.kill()
    await laravel.close()
    await redis?.flush()
    await redis?.close()
    await postgres?.close()
    log.end()
  }
}

/** The numbers of so many sessions. */
export const numbersOf = (sessions: number): string[] =>
  Array.from({ length: sessions }, (_, i) => `3461${String(i).padStart(7, '0')}`)

/** Whom a session talks with. */
export const contactsOf = (session: string): string[] =>
  Array.from({ length: CONTACTS }, (_, j) => `346${2 + j}${session.slice(4)}`)

/** Links every number, in a first process of the manager. */
export async function link(environment: ChaosEnvironment<ManagerUnderTest>): Promise<void> {
  const { simulator, laravel, manager, progress, mode, sessions } = environment
  await manager.start({ mode, killAt: null, pagesLeft: null })
  let linked = 0
  const scan = (number: string, qr: string) => simulator.remote.call('scan', number, qr)
  await linkAll({ manager, scan, laravel }, sessions, {
    concurrency: LINKS_AT_ONCE,
    onLinked: () => progress.show(`linking over HTTP and QR: ${++linked} of ${sessions.length} sessions`),
  })
  await manager.stop('SIGTERM')
  progress.say(`${sessions.length} sessions linked, each talks with ${CONTACTS} contacts`)
}

/** From now on everybody writes, both ways, in a chat with each contact and, if wanted, in a group of all three. */
export async function beginTraffic(
  { simulator, callers }: ChaosEnvironment<ManagerUnderTest>,
  sessions: string[],
  { seed }: SeededRandom,
  groups: boolean,
): Promise<void> {
  const added = sessions.map(session =>
    simulator.remote.call('addContacts', session, contactsOf(session), groups),
  )
  const conversations: Conversation[] = (await Promise.all(added)).flat()
  const everyMs = (pace: number) => Math.max(CHAT_MS, (conversations.length * 1000) / pace)
  await simulator.remote.call('talk', conversations, seed, everyMs(PACE.said))
  callers.begin(conversations, everyMs(PACE.sent))
}

/** Laravel is well, and nobody writes anything new: resolves when nothing is on its way any more, or after so many ms. */
export async function drain(
  { simulator, laravel, manager, callers, progress }: ChaosEnvironment<ManagerUnderTest>,
  ms = DRAIN_MS,
): Promise<void> {
  laravel.health = 'well'
  progress.show('a quiet end: everything may arrive now')
  await simulator.remote.call('stopTalking')
  const answered = callers.end(ms)
  const deadline = Date.now() + ms
  // What is lost never comes: it is over when nobody has anything left to deliver.
  for (let quiet = 0; quiet < QUIET_POLLS && Date.now() < deadline; await pause(POLL_MS)) {
    const { pending, arrived } = await simulator.remote.call('backlog')
    const there = new Set(arrived)
    const unsent = callers.sends.filter(isMissing(there))
    const asking = callers.sends.filter(({ outcome }) => outcome === 'asked').length
    const undelivered = await manager.pending()
    quiet = pending + undelivered + unsent.length + asking === 0 ? quiet + 1 : 0
    const waits = [
      `${undelivered} to Laravel`,
      `${unsent.length} to contacts${sessionsOf(unsent)}`,
      `${pending} stanzas to devices`,
      `${asking} answers to callers`,
    ]
    progress.show(`a quiet end waits for ${waits.join(', ')}`)
  }
  await answered
}

/** Some of those whose sends these are, for people. */
function sessionsOf(sends: Send[]): string {
  const all = [...new Set(sends.map(({ session }) => session))]
  if (all.length === 0) return ''
  return ` of ${all.slice(0, NAMED).join(', ')}${all.length > NAMED ? ` and ${all.length - NAMED} more sessions` : ''}`
}

const isMissing =
  (there: Set<string>) =>
  ({ id, readers }: Send): boolean =>
    id !== null && readers.some(reader => !there.has(`${reader} ${id}`))

/** What both ends have recorded; `qrs`: what WhatsApp had handed out before. */
export async function recordsOf(
  { simulator, laravel, callers, sessions, progress }: ChaosEnvironment<ManagerUnderTest>,
  beside: { qrs: number; processRuns: ProcessRun[]; troubles: string[] },
): Promise<Records> {
  const answers = [...callers.answers].map(([status, count]) => `${status}: ${count}`)
  progress.say(`answers to POST /send-message: ${answers.join(', ')}`)
  const end = await simulator.remote.call('records', sessions.flatMap(contactsOf))
  return {
    ...end,
    qrs: end.qrs - beside.qrs,
    posts: laravel.posts,
    sends: callers.sends,
    processRuns: beside.processRuns,
    troubles: [...end.troubles, ...beside.troubles],
  }
}

/** Sessions that Laravel believes to be anything but active. */
export function inactive({ estados }: Laravel): { session: string; estado: string }[] {
  return [...estados].flatMap(([session, estado]) => (estado === 'active' ? [] : [{ session, estado }]))
}
