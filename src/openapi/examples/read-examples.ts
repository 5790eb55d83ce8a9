import { readFile } from 'node:fs/promises'

/** A request that was made of a running manager, and its answer. */
export interface AnswerExample {
  title: string
  /** As in `OPERATIONS`: `GET /sessions/{id}`. */
  request: string
  status: number
  /** JSON that was sent. */
  body?: unknown
  /** JSON that came; a text of what is none. */
  answer: unknown
}

/** A body that a running manager posted to Laravel's route `path`. */
export interface DeliveryExample {
  title: string
  path: string
  body: Record<string, unknown>
}

export interface Examples {
  answers: AnswerExample[]
  deliveries: DeliveryExample[]
}

/** Real ones, written down by tests: test/docs/curl.test.ts and test/scenarios/webhook-examples.test.ts. */
export async function readExamples(): Promise<Examples> {
  const read = async (name: string) => JSON.parse(await readFile(new URL(name, import.meta.url), 'utf8'))
  const [answers, deliveries] = await Promise.all([
    read('answers.golden.json'),
    read('deliveries.golden.json'),
  ])
  return { answers, deliveries }
}
