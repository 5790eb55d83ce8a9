import type { LaravelState, NodeState, Problem, Readiness, Said } from '../base/problem.ts'
import { failureFinding } from '../laravel/answers/finding.ts'
import { outageReport } from '../laravel/circuit/outage-report.ts'
import type { LaravelClient } from '../laravel/client.ts'
import type { Deliveries } from '../laravel/deliveries.ts'

export interface ReadinessParts {
  /** What keeps the service from its work. */
  problems(): (Problem | null)[]
  /** What somebody should look at. */
  warnings(): (Problem | null)[]
  laravel: Pick<LaravelClient, 'address' | 'faults' | 'health'>
  deliveries: Pick<Deliveries, 'waiting' | 'health' | 'held' | 'late'>
  node?: (() => NodeState) | undefined
}

/**
 * Whether the process can do its work, and beside it how it stands with Laravel: a Laravel that is away takes away neither sending nor
 * what was received, so a load balancer has no reason to look elsewhere.
 */
export function createReadiness({
  problems,
  warnings,
  laravel,
  deliveries,
  node,
}: ReadinessParts): () => Promise<Readiness> {
  return async () => {
    const waiting = await deliveries.waiting()
    const found = problems().filter(problem => problem !== null)
    const state = laravel.address === null ? null : laravelState(laravel, deliveries)
    return {
      ready: found.length === 0,
      problems: found,
      warnings: [...warnings(), ...laravelWarnings(state, laravel, deliveries, waiting)].filter(
        one => one !== null,
      ),
      laravel: state,
      ...(node && { node: node() }),
    }
  }
}

function laravelState(
  { address, faults, health }: ReadinessParts['laravel'],
  { held }: ReadinessParts['deliveries'],
): LaravelState {
  const routes = held().map(({ path, outage }) => {
    const { status, error, finding } = outage.failure
    const { cause } = finding ?? failureFinding(status, error)
    const message = outageReport(address, [{ path, outage }])
    return { route: `POST ${path}`, cause, status, since: outage.since, message }
  })
  const failing = [...faults.all(), ...routes]
  return { ok: failing.length === 0 && health().ok, failing }
}

function laravelWarnings(
  state: LaravelState | null,
  { faults, health }: ReadinessParts['laravel'],
  deliveries: ReadinessParts['deliveries'],
  waiting: number | undefined,
): (Problem | null)[] {
  const { problem } = deliveries.health(waiting)
  const told = new Set(
    deliveries.held().map(({ outage: { failure } }) => failureFinding(failure.status, failure.error).cause),
  )
  if (!health().ok) told.add('wrong_address')
  // What holds the deliveries, too, is told once.
  const others = faults.all().filter(({ cause }) => !told.has(cause))
  const sentences = [...(problem === null ? [] : [problem]), ...others.map(({ message }) => message)]
  const unavailable: Problem | null =
    sentences.length === 0
      ? null
      : { code: 'LARAVEL_UNAVAILABLE', message: sentences.join(' '), said: saidOf(state) }
  return [unavailable, deliveries.late().problem]
}

/** What fails, cause by cause; where nothing does, it is the address. */
function saidOf(state: LaravelState | null): Said[] {
  const failing = state?.failing ?? []
  if (failing.length === 0) return [{ says: 'wrong_address', values: { cause: 'wrong_address' } }]
  return [...Map.groupBy(failing, ({ cause }) => cause)].map(([cause, all]) => {
    const since = new Date(Math.min(...all.map(one => one.since))).toISOString()
    return { says: 'failing', values: { route: all.map(({ route }) => route).join(', '), cause, since } }
  })
}
