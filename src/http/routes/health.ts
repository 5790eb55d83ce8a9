import { Hono } from 'hono'
import type { z } from 'zod'
import type { HttpContext, HttpEnv } from '../context.ts'
import type { ErrorAnswer, healthAnswer } from '../schemas/answers.ts'

/** Whether the service can do its work, for `/health/ready`. */
export interface Readiness {
  ready: boolean
  /** One sentence per problem. */
  problems: string[]
}

type HealthAnswer = z.infer<typeof healthAnswer>

/** `live`: the process answers. `ready`, and plain `/health` alike: it can do its work, else 503 and why. */
export function healthRoutes(ready: () => Readiness): Hono<HttpEnv> {
  const report = (c: HttpContext) => {
    const readiness = ready()
    const answer: HealthAnswer = {
      success: readiness.ready,
      ready: readiness.ready,
      problems: readiness.problems,
    }
    if (readiness.ready) return c.json(answer)
    const message = readiness.problems.join(' ') || 'The service cannot do its work now.'
    const refusal: HealthAnswer & ErrorAnswer = { ...answer, success: false, error: 'NOT_READY', message }
    return c.json(refusal, 503)
  }
  return new Hono<HttpEnv>()
    .get('/health', report)
    .get('/health/ready', report)
    .get('/health/live', c => c.json({ success: true }))
}
