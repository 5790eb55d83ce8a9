import {
  beginTraffic,
  type ChaosEnvironment,
  drain,
  type EnvironmentOptions,
  inactive,
  inEnvironment,
  link,
  recordsOf,
} from './environment.ts'
import type { Options, Round } from './plan.ts'
import type { Records } from './records.ts'
import { allOpen, runRounds } from './rounds.ts'
import { KEEP_ALIVE_MS, strikeUntil } from './storm/strikes.ts'

export interface ChaosOptions extends Omit<EnvironmentOptions, 'sessions' | 'mode' | 'env' | 'postgres'> {
  options: Options
  rounds: Round[]
}

/** The whole run: links, lets everybody talk while the manager is killed, waits until all is quiet, and collects the records. */
export function runChaos({ options, rounds, ...around }: ChaosOptions): Promise<Records> {
  const { sessions, mode, postgres, diskFull } = options
  const environmentOptions = {
    ...around,
    sessions,
    mode,
    postgres: postgres
      ? { smallDisks: diskFull, standby: rounds.some(({ outage }) => outage === 'failOver') }
      : null,
    ...(options.storm && { keepAliveMs: KEEP_ALIVE_MS }),
  }
  return inEnvironment(environmentOptions, async environment => {
    const { simulator, manager, laravel, progress } = environment
    await link(environment)
    const { qrs } = await simulator.remote.call('count')
    await beginTraffic(environment, environment.sessions, around.random, options.groups)
    const results = await withStorm(environment, around.random, options, () => runRounds(environment, rounds))
    await manager.start({ mode, killAt: null, pagesLeft: null })
    await allOpen(environment)
    await drain(environment)
    await manager.stop('SIGTERM')
    const points = rounds.some(({ point }) => point !== null)
    if (points) progress.say(`named points reached: ${results.reached}, missed: ${results.missed}`)
    if (options.diskFull && !options.postgres) progress.say(`rounds with a full disk: ${results.full}`)
    if (options.postgres) progress.say(`outages of PostgreSQL lived through: ${results.outages}`)
    const wrong = inactive(laravel).map(
      ({ session, estado }) => `${session} ended as "${estado}" for Laravel`,
    )
    return recordsOf(environment, { qrs, ...results, troubles: [...results.troubles, ...wrong] })
  })
}

/** Lets faults of WhatsApp strike meanwhile, if that is wanted. */
async function withStorm<T>(
  environment: ChaosEnvironment,
  random: ChaosOptions['random'],
  { storm }: Options,
  work: () => Promise<T>,
): Promise<T> {
  if (!storm) return work()
  const end = strikeUntil(environment, random)
  try {
    return await work()
  } finally {
    const struck = await end()
    environment.progress.say(`faults of WhatsApp meanwhile: ${struck}`)
  }
}
