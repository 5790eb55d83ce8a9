import { Hono } from 'hono'
import type { z } from 'zod'
import type { Problem, Readiness } from '../../base/problem.ts'
import type { HttpContext, HttpEnv } from '../context.ts'
import type { ErrorAnswer, healthAnswer } from '../schemas/answers.ts'

type HealthAnswer = z.infer<typeof healthAnswer>

/** `live`: the process answers. `ready`, and plain `/health` alike: it can do its work, else 503 and why. */
export function healthRoutes(ready: () => Readiness): Hono<HttpEnv> {
  const report = (c: HttpContext) => {
    const { ready: isReady, problems, warnings } = ready()
    const told = (all: Problem[]) => all.map(({ code, message }) => ({ code, message }))
    const answer: HealthAnswer = {
      success: isReady,
      ready: isReady,
      problems: told(problems),
      warnings: told(warnings),
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
}
