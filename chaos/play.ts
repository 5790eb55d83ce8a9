import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Child } from '../harness/child.ts'
import { linkAll } from '../harness/link.ts'
import type { Progress } from '../harness/progress.ts'
import type { Commands } from '../harness/rpc.ts'
import type { Books, Send } from './books.ts'
import { Callers } from './callers.ts'
import type { Dice } from './dice.ts'
import { Laravel } from './laravel.ts'
import type { Options, Round } from './plan.ts'
import { openRedis } from './redis.ts'
import { allOpen, runRounds, type Stage } from './rounds.ts'
import { Service } from './service.ts'
import type { World } from './world.ts'

export interface Play {
  options: Options
  dice: Dice
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
/** From the last death until nothing is on its way any more. */
const DRAIN_MS = 300_000
const POLL_MS = 200
const QUIET_POLLS = 10

/** The whole run: links, lets everybody talk and the manager die, waits until all is quiet, and closes the books. */
export async function play({
  options,
  dice,
  rounds,
  dir,
  progress,
  redis: wanted,
  onStart,
}: Play): Promise<Books> {
  const { sessions, mode } = options
  const world = new Child<World>({ name: 'the simulator', file: 'chaos/world.ts' })
  onStart(world)
  const laravel = new Laravel(dice)
  await laravel.listen()
  const log = createWriteStream(join(dir, 'manager.log'))
  const redis =
    wanted === null ? null : await openRedis(join(dir, 'redis'), wanted.url, () => service.installation)
  const service: Service = new Service({
    whatsapp: await world.remote.call('listen'),
    laravelUrl: laravel.url,
    dataDir: join(dir, 'data'),
    env: { LOG_LEVEL: 'info', ...(redis && { REDIS_URL: redis.url }) },
    onStart,
    onOutput: text => log.write(text),
  })
  const callers = new Callers(service, dice)
  const stage: Stage = { world, laravel, service, callers, progress, redis, mode, sessions }
  try {
    const circles = circlesOf(sessions)
    const met = circles.map(({ session, people }) =>
      world.remote.call('meet', session, people, options.groups),
    )
    const rooms = (await Promise.all(met)).flat()
    await link(stage, circles)
    const { qrs } = await world.remote.call('count')
    await world.remote.call('talk', rooms, dice.seed, Math.max(CHAT_MS, (rooms.length * 1000) / PACE.said))
    callers.begin(rooms, Math.max(CHAT_MS, (rooms.length * 1000) / PACE.sent))
    const deaths = await runRounds(stage, rounds)
    await quieten(stage)
    const points = rounds.some(({ point }) => point !== null)
    if (points) progress.say(`named points reached: ${deaths.reached}, missed: ${deaths.missed}`)
    if (options.diskFull) progress.say(`rounds with a full disk: ${deaths.full}`)
    const answers = [...callers.answers].map(([status, count]) => `${status}: ${count}`)
    progress.say(`answers to POST /send-message: ${answers.join(', ')}`)
    const end = await world.remote.call(
      'books',
      circles.flatMap(({ people }) => people),
    )
    return {
      ...end,
      qrs: end.qrs - qrs,
      posts: laravel.posts,
      sends: callers.sends,
      lives: deaths.lives,
      troubles: [...end.troubles, ...deaths.troubles, ...estados(laravel)],
    }
  } finally {
    world.kill()
    await laravel.close()
    await redis?.flush()
    await redis?.close()
    log.end()
  }
}

interface Circle {
  session: string
  people: string[]
}

function circlesOf(sessions: number): Circle[] {
  return Array.from({ length: sessions }, (_, i) => ({
    session: `3461${String(i).padStart(7, '0')}`,
    people: Array.from({ length: CONTACTS }, (_, j) => `346${2 + j}${String(i).padStart(7, '0')}`),
  }))
}

/** Links every number in a first life of the manager. */
async function link({ world, laravel, service, progress, mode }: Stage, circles: Circle[]): Promise<void> {
  const numbers = circles.map(({ session }) => session)
  await service.begin({ mode, death: null, pagesLeft: null })
  let linked = 0
  const scan = (number: string, qr: string) => world.remote.call('scan', number, qr)
  await linkAll({ manager: service, scan, laravel }, numbers, {
    concurrency: LINKS_AT_ONCE,
    onLinked: () => progress.show(`linking over HTTP and QR: ${++linked} of ${numbers.length} sessions`),
  })
  await service.end('SIGTERM')
  progress.say(`${numbers.length} sessions linked, each talks with ${CONTACTS} contacts`)
}

/** The manager lives, Laravel is well, and nobody says anything new: resolves when nothing is on its way any more. */
async function quieten(stage: Stage): Promise<void> {
  const { world, laravel, service, callers, progress, mode } = stage
  laravel.weather = 'well'
  progress.show('a quiet end: everything may arrive now')
  await service.begin({ mode, death: null, pagesLeft: null })
  await world.remote.call('hush')
  await allOpen(stage)
  await callers.end(DRAIN_MS)
  const deadline = Date.now() + DRAIN_MS
  // What is lost never comes: it is over when nobody has anything left to hand on.
  for (let quiet = 0; quiet < QUIET_POLLS && Date.now() < deadline; await pause(POLL_MS)) {
    const { pending, arrived } = await world.remote.call('standing')
    const there = new Set(arrived)
    const unsent = callers.sends.filter(isMissing(there)).length
    const undelivered = await service.pending()
    quiet = pending + undelivered + unsent === 0 ? quiet + 1 : 0
    progress.show(
      `a quiet end: ${undelivered} to Laravel, ${unsent} to contacts, ${pending} stanzas to devices`,
    )
  }
  await service.end('SIGTERM')
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
