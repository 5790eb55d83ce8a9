import { setTimeout as pause } from 'node:timers/promises'
import type { Finding } from '../compare-records.ts'
import { type ChaosEnvironment, contactsOf, inactive } from '../environment.ts'
import type { RestartableManager } from '../restartable-manager.ts'
import type { LoneStrike } from './storm-plan.ts'

/** A session as GET /sessions shows it. */
export interface Standing {
  session_id: string
  state: string
  detail?: string | null
  reason?: string | null
  retry_at?: string | null
  attempts: number
}

const POLL_MS = 250
const PAGE = 1000

/** Every session as it stands. */
export async function standings(manager: RestartableManager): Promise<Map<string, Standing>> {
  const found = new Map<string, Standing>()
  for (let after = ''; ; ) {
    const { body } = await manager.call('GET', `/sessions?limit=${PAGE}${after && `&after=${after}`}`)
    const { sessions, next } = body as { sessions: Standing[]; next?: string | null }
    for (const one of sessions) found.set(one.session_id, one)
    if (!next) return found
    after = next
  }
}

/** Waits until these sessions are open, at most so long; those that are not, and how long it took in ms. */
export async function untilOpen(
  { manager, progress }: Pick<ChaosEnvironment, 'manager' | 'progress'>,
  wanted: string[],
  ms: number,
): Promise<{ away: Standing[]; ms: number }> {
  const begun = Date.now()
  for (;;) {
    const all = await standings(manager).catch((): Awaited<ReturnType<typeof standings>> => new Map())
    const away = wanted.flatMap(session => {
      const standing = all.get(session)
      if (standing?.state === 'open') return []
      return standing ?? { session_id: session, state: 'not shown', attempts: 0 }
    })
    const waits = away.length > 0 ? `; ${words(away[0]!)}` : ''
    progress.show(`settling: ${wanted.length - away.length} of ${wanted.length} sessions are open${waits}`)
    if (away.length === 0 || Date.now() - begun > ms) return { away, ms: Date.now() - begun }
    await pause(POLL_MS)
  }
}

const words = ({ session_id, state, detail, reason, retry_at, attempts }: Standing) =>
  `${session_id} is ${state}${detail ? `.${detail}` : ''}, reason ${reason ?? 'none'}, attempts ${attempts}, again at ${retry_at ?? 'no time'}`

/** Whether everybody who may be open is, whether the lone ones stand as they must, and whether Laravel knows. */
export async function findingsOf(
  { manager, laravel }: ChaosEnvironment,
  away: Standing[],
  busy: string[],
  lone: LoneStrike[],
  lastStart: number,
): Promise<Finding[]> {
  const all = await standings(manager)
  const wrong: string[] = []
  const closed = new Set<string>()
  for (const { session, is, at } of lone) {
    const standing = all.get(session)
    const mayBeOpen = is.orOpenAfterRestart && at < lastStart
    const isRight = standing?.state === is.state && (is.reason === null || standing.reason === is.reason)
    const isBack = mayBeOpen && standing?.state === 'open'
    if (standing?.state !== 'open') closed.add(session)
    if (!isRight && !isBack)
      wrong.push(`after "${is.name}" ${standing ? words(standing) : `${session} is gone`}`)
    if (!isBack) wrong.push(...(await askedOf(manager, session, is)))
  }
  const told = inactive(laravel).map(({ session }) => session)
  const misinformed = [
    ...told.filter(session => !closed.has(session)).map(session => `${session} is inactive for Laravel`),
    ...[...closed]
      .filter(session => !told.includes(session))
      .map(session => `${session} is active for Laravel`),
  ]
  return [
    counted('that come back from everything', busy.length),
    mustBeNone('of these, not open', away.map(words)),
    counted('struck by what is not over by itself', lone.length),
    mustBeNone('of these, not as they must be', wrong),
    mustBeNone('of which Laravel thinks something else', misinformed),
  ]
}

/** One send of a lone session: what is wrong with its answer. */
async function askedOf(manager: RestartableManager, session: string, { name, send }: LoneStrike['is']) {
  const request = { session_id: session, wa_id: contactsOf(session)[0], type: 'text', body: 'anybody there?' }
  const { status, body } = await manager.call('POST', '/send-message', request, `${session}-lone`)
  const said = JSON.stringify(body)
  if (status === send.status && (send.code === undefined || said.includes(String(send.code)))) return []
  return [`after "${name}" a send of ${session} was answered ${status}: ${said}`]
}

export const counted = (name: string, count: number): Finding => ({
  ...{ direction: 'sessions', name, count, wanted: null, details: [] },
})

export const mustBeNone = (name: string, details: string[]): Finding => ({
  ...{ direction: 'sessions', name, count: details.length, wanted: 0, details: details.slice(0, 20) },
})
