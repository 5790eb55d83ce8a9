import { setTimeout as pause } from 'node:timers/promises'
import { now } from '../../harness/now.ts'
import { type EnvironmentOptions, inEnvironment, link } from '../environment.ts'
import type { RestartableManager } from '../restartable-manager.ts'
import { standings, untilOpen } from './standing.ts'

/** What came of it when all sessions lost their connection at once. */
export interface DropOutcome {
  sessions: number
  perSecond: number
  /** The most connects that were begun within any second. */
  mostInASecond: number
  connects: number
  /** Sessions that are not back, in words. */
  away: string[]
  suspended: number
  /** From the drop until all were back, in ms. */
  backMs: number
  /** GET /health/live meanwhile, in ms each. */
  answers: number[]
  /** Requests that were not answered with 200. */
  unanswered: number
  /** QRs that WhatsApp handed out since then. */
  qrs: number
}

const ASK_EVERY_MS = 20
const POLL_MS = 500
/** Beside what the limit of connects takes. */
const BACK_MS = 120_000

/** Links so many sessions, drops all their connections at once, and looks on until they are back. */
export function runDrop(
  perSecond: number,
  around: Omit<EnvironmentOptions, 'mode' | 'redis' | 'env'>,
): Promise<DropOutcome> {
  const options: EnvironmentOptions = {
    ...around,
    ...{ mode: 'safe', redis: null, env: { CONNECT_PER_SECOND: String(perSecond) } },
  }
  return inEnvironment(options, async environment => {
    const { simulator, manager, sessions, progress } = environment
    await link(environment)
    await manager.start({ mode: 'safe', killAt: null, pagesLeft: null })
    await untilOpen(environment, sessions, Number.POSITIVE_INFINITY)
    const before = { connects: (await manager.connects()).length, ...(await simulator.remote.call('count')) }
    progress.say(`${sessions.length} sessions are open; now all of them lose their connection`)
    const asking = new AbortController()
    const asked = askHealth(manager, asking.signal)
    const begun = now()
    await simulator.remote.call('strike', [{ kind: 'reset' }])
    const limit = begun + (sessions.length * 1000) / perSecond + BACK_MS
    while (now() < limit) {
      const { logins } = await simulator.remote.call('count')
      progress.show(`${logins - before.logins} of ${sessions.length} have logged in again`)
      if (logins - before.logins >= sessions.length && (await openCount(manager)) >= sessions.length) break
      await pause(POLL_MS)
    }
    const backMs = now() - begun
    asking.abort()
    const { answers, unanswered } = await asked
    const all = [...(await standings(manager)).values()]
    const connects = (await manager.connects()).slice(before.connects)
    const { qrs } = await simulator.remote.call('count')
    await manager.stop('SIGTERM')
    return {
      sessions: sessions.length,
      perSecond,
      mostInASecond: mostWithin(connects, 1000),
      connects: connects.length,
      away: all.flatMap(({ session_id, state, detail }) =>
        state === 'open' ? [] : [`${session_id} is ${state}${detail ? `.${detail}` : ''}`],
      ),
      suspended: all.filter(({ detail }) => detail?.startsWith('suspended')).length,
      ...{ backMs, answers, unanswered },
      qrs: qrs - before.qrs,
    }
  })
}

/** How many of these moments (ms, in order) lie within any stretch that is shorter than `ms`. */
export function mostWithin(moments: readonly number[], ms: number): number {
  let most = 0
  let first = 0
  for (const [i, at] of moments.entries()) {
    while (at - moments[first]! >= ms) first++
    most = Math.max(most, i - first + 1)
  }
  return most
}

async function openCount(manager: RestartableManager): Promise<number> {
  const { body } = await manager.call('GET', '/stats')
  return (body.sessions as { activeSessions: number }).activeSessions
}

async function askHealth(manager: RestartableManager, signal: AbortSignal) {
  const answers: number[] = []
  let unanswered = 0
  while (!signal.aborted) {
    const begun = now()
    const answer = await manager.call('GET', '/health/live').catch(() => null)
    answers.push(now() - begun)
    if (answer?.status !== 200) unanswered++
    await pause(ASK_EVERY_MS)
  }
  return { answers, unanswered }
}
