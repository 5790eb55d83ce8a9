import { Hono } from 'hono'
import type { z } from 'zod'
import type { LaravelState, NodeState, Problem, Readiness } from '../../base/problem.ts'
import type { LaravelCheck } from '../../ports/laravel-check.ts'
import type { HttpContext, HttpEnv } from '../context.ts'
import { isoDate } from '../iso-date.ts'
import type { ErrorAnswer, healthAnswer, laravelCheckAnswer } from '../schemas/answers.ts'

type HealthAnswer = z.infer<typeof healthAnswer>

/**
 * `live`: the process answers. `ready`, and plain `/health` alike: it can do its work, else 503 and why. `/laravel/check` asks Laravel now
 * whether it would take what this service tells it; nothing is delivered.
 */
export function healthRoutes(
  ready: () => Promise<Readiness>,
  check: Pick<LaravelCheck, 'run'>,
): Hono<HttpEnv> {
  const report = async (c: HttpContext) => {
    const { ready: isReady, problems, warnings, laravel, node } = await ready()
    const told = (all: Problem[]) => all.map(({ code, message }) => ({ code, message }))
    const answer: HealthAnswer = {
      success: isReady,
      ready: isReady,
      problems: told(problems),
      warnings: told(warnings),
      laravel: laravel && { ...laravel, failing: laravel.failing.map(toJson) },
      ...(node && { node: nodeJson(node) }),
    }
    if (isReady) return c.json(answer)
    const sentences = problems.map(({ message }) => message)
    const message = sentences.join(' ') || 'The service cannot do its work now.'
    const refusal: HealthAnswer & ErrorAnswer = { ...answer, success: false, error: 'NOT_READY', message }
    return c.json(refusal, 503)
  }
  return new Hono<HttpEnv>()
    .get('/health', report)
    .get('/health/ready', report)
    .get('/health/live', c => c.json({ success: true }))
    .get('/laravel/check', async c => {
      const answer: z.infer<typeof laravelCheckAnswer> = { success: true, ...(await check.run('thorough')) }
      return c.json(answer)
    })
}

const nodeJson = ({ id, url, sessions, leaseMs, nodes, free }: NodeState) => ({
  ...{ id, url, sessions, lease_ms: leaseMs, nodes },
  sessions_without_node: free,
})

const toJson = (failing: LaravelState['failing'][number]) => ({ ...failing, since: isoDate(failing.since) })
