import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Child } from '../harness/child.ts'
import { linkAll } from '../harness/link-sessions.ts'
import type { Progress } from '../harness/progress.ts'
import type { Commands } from '../harness/rpc.ts'
import type { SeededRandom } from '../simulator/seeded-random.ts'
import { Callers } from './callers.ts'
import { Laravel } from './laravel.ts'
import type { Options, Round } from './plan.ts'
import type { Records, Send } from './records.ts'
import { openRedis } from './redis.ts'
import { RestartableManager } from './restartable-manager.ts'
import { allOpen, type ChaosEnvironment, runRounds } from './rounds.ts'
import type { SimulatorProgram } from './simulator-program.ts'

export interface ChaosOptions {
  options: Options
  random: SeededRandom
  rounds: Round[]
  /** For the data directory and the log. */
  dir: string
  progress: Progress
  /** Deliveries go through Redis: one of the run's own or, where there is no redis-server, this one. */
  redis: { url: string | undefined } | null
  onStart(child: Pick<Child<Commands>, 'kill' | 'name' | 'output'>): void
}

const LINKS_AT_ONCE = 10
const CONTACTS = 2
/** In all chats together, a second; what this many sessions can carry while they are opened again and again. */
const PACE = { said: 25, sent: 40 }
/** A chat is a chat, not a stream: at least so long between two texts, on average. */
const CHAT_MS = 300
/** From the last kill until nothing is on its way any more. */
const DRAIN_MS = 300_000
const POLL_MS = 200
const QUIET_POLLS = 10

/** The whole run: links, lets everybody talk while the manager is killed, waits until all is quiet, and collects the records. */
export async function runChaos({
  options,
  random,
  rounds,
  dir,
  progress,
  redis: wanted,
  onStart,
}: ChaosOptions): Promise<Records> {
  const { sessions, mode } = options
  const simulator = new Child<SimulatorProgram>({ name: 'the simulator', file: 'chaos/simulator-program.ts' })
  onStart(simulator)
  const laravel = new Laravel(random)
  await laravel.listen()
  const log = createWriteStream(join(dir, 'manager.log'))
  const redis =
    wanted === null ? null : await openRedis(join(dir, 'redis'), wanted.url, () => manager.installation)
  const manager: RestartableManager = new RestartableManager({
    whatsapp: await simulator.remote.call('listen'),
    laravelUrl: laravel.url,
    dataDir: join(dir, 'data'),
    env: { LOG_LEVEL: 'info', ...(redis && { REDIS_URL: redis.url }) },
    onStart,
    onOutput: text => log.write(text),
  })
  const callers = new Callers(manager, random)
  const environment: ChaosEnvironment = {
    simulator,
    laravel,
    manager,
    callers,
    progress,
    redis,
    mode,
    sessions,
  }
  try {
    const contacts = contactsFor(sessions)
    const added = contacts.map(({ session, people }) =>
      simulator.remote.call('addContacts', session, people, options.groups),
    )
    const conversations = (await Promise.all(added)).flat()
    await link(environment, contacts)
    const { qrs } = await simulator.remote.call('count')
    await simulator.remote.call(
      'talk',
      conversations,
      random.seed,
      Math.max(CHAT_MS, (conversations.length * 1000) / PACE.said),
    )
    callers.begin(conversations, Math.max(CHAT_MS, (conversations.length * 1000) / PACE.sent))
    const results = await runRounds(environment, rounds)
    await waitUntilDrained(environment)
    const points = rounds.some(({ point }) => point !== null)
    if (points) progress.say(`named points reached: ${results.reached}, missed: ${results.missed}`)
    if (options.diskFull) progress.say(`rounds with a full disk: ${results.full}`)
    const answers = [...callers.answers].map(([status, count]) => `${status}: ${count}`)
    progress.say(`answers to POST /send-message: ${answers.join(', ')}`)
    const end = await simulator.remote.call(
      'records',
      contacts.flatMap(({ people }) => people),
    )
    return {
      ...end,
      qrs: end.qrs - qrs,
      posts: laravel.posts,
      sends: callers.sends,
      processRuns: results.processRuns,
      troubles: [...end.troubles, ...results.troubles, ...estados(laravel)],
    }
  } finally {
    simulator.kill()
    await laravel.close()
    await redis?.flush()
    await redis?.close()
    log.end()
  }
}

interface SessionContacts {
  session: string
  people: string[]
}

function contactsFor(sessions: number): SessionContacts[] {
  return Array.from({ length: sessions }, (_, i) => ({
    session: `3461${String(i).padStart(7, '0')}`,
    people: Array.from({ length: CONTACTS }, (_, j) => `346${2 + j}${String(i).padStart(7, '0')}`),
  }))
}

/** Links every number, in a first process of the manager. */
async function link(
  { simulator, laravel, manager, progress, mode }: ChaosEnvironment,
  contacts: SessionContacts[],
): Promise<void> {
  const numbers = contacts.map(({ session }) => session)
  await manager.start({ mode, killAt: null, pagesLeft: null })
  let linked = 0
  const scan = (number: string, qr: string) => simulator.remote.call('scan', number, qr)
  await linkAll({ manager, scan, laravel }, numbers, {
    concurrency: LINKS_AT_ONCE,
    onLinked: () => progress.show(`linking over HTTP and QR: ${++linked} of ${numbers.length} sessions`),
  })
  await manager.stop('SIGTERM')
  progress.say(`${numbers.length} sessions linked, each talks with ${CONTACTS} contacts`)
}

/** The manager runs, Laravel is well, and nobody writes anything new: resolves when nothing is on its way any more. */
async function waitUntilDrained(environment: ChaosEnvironment): Promise<void> {
  const { simulator, laravel, manager, callers, progress, mode } = environment
  laravel.health = 'well'
  progress.show('a quiet end: everything may arrive now')
  await manager.start({ mode, killAt: null, pagesLeft: null })
  await simulator.remote.call('stopTalking')
  await allOpen(environment)
  await callers.end(DRAIN_MS)
  const deadline = Date.now() + DRAIN_MS
  // What is lost never comes: it is over when nobody has anything left to deliver.
  for (let quiet = 0; quiet < QUIET_POLLS && Date.now() < deadline; await pause(POLL_MS)) {
    const { pending, arrived } = await simulator.remote.call('backlog')
    const there = new Set(arrived)
    const unsent = callers.sends.filter(isMissing(there)).length
    const undelivered = await manager.pending()
    quiet = pending + undelivered + unsent === 0 ? quiet + 1 : 0
    progress.show(
      `a quiet end: ${undelivered} to Laravel, ${unsent} to contacts, ${pending} stanzas to devices`,
    )
  }
  await manager.stop('SIGTERM')
}

const isMissing =
  (there: Set<string>) =>
  ({ id, readers }: Send): boolean =>
    id !== null && readers.some(reader => !there.has(`${reader} ${id}`))

/** Sessions that Laravel believes to be anything but active. */
function estados({ estados }: Laravel): string[] {
  return [...estados].flatMap(([session, estado]) =>
    estado === 'active' ? [] : [`${session} ended as "${estado}" for Laravel`],
  )
}
