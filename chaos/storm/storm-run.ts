import { setTimeout as pause } from 'node:timers/promises'
import type { FaultKind } from '../../simulator/faults/table.ts'
import { compareRecords, type Finding } from '../compare-records.ts'
import {
  beginTraffic,
  type ChaosEnvironment,
  contactsOf,
  drain,
  type EnvironmentOptions,
  inEnvironment,
  link,
  recordsOf,
} from '../environment.ts'
import type { ProcessOptions } from '../manager-program.ts'
import type { ProcessRun, Records } from '../records.ts'
import { allOpen } from '../rounds.ts'
import { counted, findingsOf, untilOpen } from './standing.ts'
import type { Restart, StormPlan } from './storm-plan.ts'
import { KEEP_ALIVE_MS, strikeAsPlanned } from './strikes.ts'

export interface StormOutcome {
  findings: Finding[]
  records: Records
  /** How many sessions were struck by each kind. */
  struck: Map<string, number>
  /** From the end of all faults until all were open, in ms. */
  settledMs: number
}

/** The longest a session may take to come back once all faults are over: its watchdog, then its longest backoff. */
const SETTLE_MS = 345_000
/** Faults of lone sessions that can be met again. */
const LASTING: FaultKind[] = ['failure', 'error-ack']
const LIFE: ProcessOptions = { mode: 'safe', killAt: null, pagesLeft: null }

/** The whole storm: links, lets everybody talk while faults strike and the manager is ended, then waits until all is quiet. */
export function runStorm(
  plan: StormPlan,
  around: Omit<EnvironmentOptions, 'mode' | 'redis' | 'keepAliveMs' | 'env'>,
): Promise<StormOutcome> {
  const options: EnvironmentOptions = {
    ...around,
    ...{ mode: 'safe', redis: null, keepAliveMs: KEEP_ALIVE_MS },
    env: { CONNECT_PER_SECOND: '20' },
  }
  return inEnvironment(options, async environment => {
    const { simulator, manager, laravel, progress } = environment
    await link(environment)
    const { qrs } = await simulator.remote.call('count')
    laravel.health = 'fair'
    const first = Date.now()
    await manager.start(LIFE)
    await allOpen(environment)
    await Promise.all(
      plan.lone.map(({ session }) =>
        simulator.remote.call('addContacts', session, contactsOf(session), false),
      ),
    )
    await beginTraffic(environment, plan.busy, around.random, false)
    progress.say('all are open and talk: the storm begins')
    const begun = Date.now()
    const lone = plan.lone.map(({ at, session, is }) => ({
      ...{ at, kind: is.fault.kind, count: 1 },
      faults: [{ ...is.fault, account: session }],
    }))
    const strikes = [...plan.strikes, ...lone].sort((a, b) => a.at - b.at)
    const [processRuns] = await Promise.all([
      restart(environment, plan.restarts, first),
      strikeAsPlanned(environment, strikes),
    ])
    const lastStart = processRuns.at(-1)!.to - begun
    await simulator.remote.call('heal')
    // What is not over by itself is not over: a process that was killed may not have seen it.
    const lasting = lone.flatMap(({ faults }) => faults.filter(({ kind }) => LASTING.includes(kind)))
    await simulator.remote.call('strike', lasting)
    progress.say('the storm is over')
    const { away, ms } = await untilOpen(environment, plan.busy, SETTLE_MS)
    progress.say(`${plan.busy.length - away.length} of ${plan.busy.length} are open after ${ms} ms`)
    await drain(environment, away.length > 0 ? 20_000 : undefined)
    const standing = await findingsOf(environment, away, plan.busy, plan.lone, lastStart)
    await manager.stop('SIGTERM')
    const ends = processRuns.flatMap(({ end, wrong }) => (wrong ? [end] : []))
    const records = await recordsOf(environment, { qrs, processRuns, troubles: ends })
    const strikesByKind = Map.groupBy(plan.strikes, ({ kind }) => kind)
    const struck = new Map(
      [...strikesByKind].map(([kind, all]) => [kind, all.reduce((sum, { count }) => sum + count, 0)]),
    )
    const restarts = counted('restarts of the manager', plan.restarts.length)
    return {
      findings: [...compareRecords(records), ...standing, restarts],
      records,
      struck,
      settledMs: ms,
    }
  })
}

type StormLife = ProcessRun & { wrong: boolean }

/** Ends the manager and starts it again, each time as planned; how each process ended, the last one still runs. */
async function restart(
  { manager, progress }: ChaosEnvironment,
  restarts: Restart[],
  first: number,
): Promise<StormLife[]> {
  const begun = Date.now()
  const lives: StormLife[] = []
  let from = first
  for (const [i, { at, signal, downMs }] of restarts.entries()) {
    await pause(Math.max(0, begun + at - Date.now()))
    const diedBefore = !manager.running
    await manager.stop(signal)
    const { ending } = manager
    const wrong = diedBefore || ending !== (signal === 'SIGTERM' ? 0 : 'SIGKILL')
    const end = wrong ? `the manager ended with ${ending} at ${signal}:\n${manager.output}` : signal
    lives.push({ round: i + 1, from, to: Date.now(), end, wrong })
    progress.say(`${((Date.now() - begun) / 1000).toFixed(1)} s: ${signal}, back in ${downMs} ms`)
    await pause(downMs)
    from = Date.now()
    await manager.start(LIFE)
  }
  return lives
}
