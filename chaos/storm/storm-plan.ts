import { FAULT_KINDS, type Fault, type FaultKind } from '../../simulator/faults/table.ts'
import type { SeededRandom } from '../../simulator/seeded-random.ts'
import type { Signal } from '../manager-program.ts'
import { LONE_CASES, type LoneCase } from './lone-cases.ts'
import { STRIKE_KINDS, type StrikeKind } from './strike-kinds.ts'

export interface StormOptions {
  sessions: string[]
  ms: number
}

/** One fault at its moment, in ms since the storm began. */
export interface Strike {
  at: number
  kind: FaultKind
  /** How many sessions it means. */
  count: number
  /** One for each session, or one for all. */
  faults: Fault[]
}

/** The manager is ended, and started again after a while. */
export interface Restart {
  at: number
  signal: Signal
  downMs: number
}

export interface LoneStrike {
  at: number
  session: string
  is: LoneCase
}

export interface StormPlan {
  /** Those that come back by themselves from everything, and are talked with all the time. */
  busy: string[]
  strikes: Strike[]
  lone: LoneStrike[]
  restarts: Restart[]
}

/** So often is a session dropped in a whole storm, on average: each time it waits longer until it comes back. */
const DROPS = 4
const STRIKE_MS = 700
const RESTART_MS = 20_000
/** At most so many sessions are lone. */
const LONE_SHARE = 0.25

const SIGNALS: readonly Signal[] = ['SIGKILL', 'SIGTERM']

const kinds = FAULT_KINDS.filter(kind => STRIKE_KINDS[kind] !== null)
const strikeKind = (kind: FaultKind): StrikeKind => STRIKE_KINDS[kind]!

/** The whole storm, decided by the seed before it begins: every kind of fault at least once, restarts by both signals in turn. */
export function planStorm({ sessions, ms }: StormOptions, random: SeededRandom): StormPlan {
  const cases = random.shuffled(LONE_CASES, 'lone cases')
  const loneCount = Math.min(cases.length, Math.floor(sessions.length * LONE_SHARE))
  const busy = sessions.slice(loneCount)
  const strikes = planStrikes(busy, ms, random)
  const lone = cases.slice(0, loneCount).map((one, i) => ({
    at: random.between(0, ms, 'lone', i),
    session: sessions[i]!,
    is: one,
  }))
  const firstSignal = random.pick([0, 1], 'first signal')
  const lives = Math.max(2, Math.round(ms / RESTART_MS))
  const part = ms / lives
  const restarts = Array.from({ length: lives }, (_, i): Restart => {
    return {
      at:
        Math.round(part * i) + random.between(Math.round(part / 4), Math.round((part * 3) / 4), 'restart', i),
      signal: SIGNALS[(i + firstSignal) % 2]!,
      downMs: random.between(0, 1500, 'down', i),
    }
  })
  return { busy, strikes, lone, restarts }
}

function planStrikes(busy: string[], ms: number, random: SeededRandom): Strike[] {
  const most = Math.min(ms / STRIKE_MS, 2 * DROPS * busy.length)
  const count = Math.max(kinds.length, Math.round(most))
  const dropping = (count * kinds.filter(kind => strikeKind(kind).drops).length) / kinds.length
  const some = Math.min(busy.length, Math.max(1, Math.round((busy.length * DROPS) / dropping)))
  const gap = ms / count
  const strikes = Array.from({ length: count }, (_, n) => {
    const at = Math.round(gap * n + gap * random.share('moment', n))
    return planStrike(n, at, busy, some, random)
  })
  // The worst of all moments: everybody at once.
  const everybody = { at: random.between(0, ms, 'everybody'), kind: 'reset' as const, count: busy.length }
  return [...strikes, { ...everybody, faults: [{ kind: 'reset' as const }] }].sort((a, b) => a.at - b.at)
}

/** The `n`th strike of a storm. Every kind comes once in as many strikes as there are kinds. */
export function planStrike(
  n: number,
  at: number,
  sessions: string[],
  some: number,
  random: SeededRandom,
): Strike {
  const cycle = random.shuffled(kinds, 'kinds', Math.floor(n / kinds.length))
  const kind = cycle[n % cycle.length]!
  const { whom, told, drops } = strikeKind(kind)
  const fault = { kind, ...told(random, n) }
  // What drops everybody does so once: a storm may be long.
  if (whom === 'all' && (!drops || n < kinds.length))
    return { at, kind, count: sessions.length, faults: [fault] }
  const wanted = whom === 'one' ? 1 : some
  const victims = [
    ...new Set(Array.from({ length: wanted }, (_, i) => random.pick(sessions, 'victim', n, i))),
  ]
  const [only] = victims
  const faults =
    victims.length === 1
      ? [{ ...fault, device: `${only}:1@s.whatsapp.net` }]
      : victims.map(account => ({ ...fault, account }))
  return { at, kind, count: victims.length, faults }
}

/** A plan for people, a line for each moment. */
export function describePlan({ strikes, lone, restarts }: StormPlan): string {
  const lines = [
    ...strikes.map(({ at, count, faults: [{ device: _, account: __, ...fault } = { kind: 'close' }] }) => ({
      at,
      text: `${JSON.stringify(fault)} for ${count}`,
    })),
    ...lone.map(({ at, session, is }) => ({ at, text: `${session}: ${is.name}` })),
    ...restarts.map(({ at, signal, downMs }) => ({ at, text: `${signal}, down for ${downMs} ms` })),
  ]
  return lines
    .sort((a, b) => a.at - b.at)
    .map(({ at, text }) => `${(at / 1000).toFixed(2).padStart(8)} s  ${text}`)
    .join('\n')
}
