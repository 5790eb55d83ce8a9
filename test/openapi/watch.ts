import type { StandInLaravel } from '../../demo/stand-in-laravel.ts'

/** Faults of answers and deliveries since the last look, and what is still judged. */
const faults: string[] = []
const judging = new Set<Promise<void>>()

/** Loaded when there is something to judge: most test files ask nothing. */
const conformance = () => import('./conformance.ts')

/**
 * Judges an answer of a manager, and the JSON that was `asked` for it, by the OpenAPI document; what is none of a manager's is left alone.
 */
export function watchAnswer(method: string, url: string, response: Response, asked?: unknown): void {
  if (!response.headers.has('x-request-id')) return
  const { pathname: path } = new URL(url, 'http://localhost')
  const contentType = response.headers.get('content-type')
  const isJson = contentType?.split(';')[0] === 'application/json' && response.body !== null
  const body = isJson ? response.clone().json() : Promise.resolve(response.body === null ? null : undefined)
  const { status } = response
  judge(async () => {
    // One that was cut off has no body to judge.
    const read = await body.catch(() => null)
    const { answerFault, requestFault } = await conformance()
    const fault = answerFault({ method, path, status, contentType, body: read })
    if (fault !== null || typeof asked !== 'string') return fault
    const { error, errors } = (read ?? {}) as { error?: string; errors?: Record<string, string[]> }
    const refusals = error === 'VALIDATION_FAILED' ? errors : undefined
    const given = parsed(asked)
    return given === undefined
      ? null
      : requestFault({ method, path, status, body: given, ...(refusals && { refusals }) })
  })
}

/** undefined for what is no JSON, which no manager takes. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Judges all that a stand-in Laravel is posted. */
export function watchDeliveries(laravel: StandInLaravel): void {
  laravel.on('request', ({ method, path, body }) => {
    if (method === 'POST') judge(async () => (await conformance()).deliveryFault(path, body))
  })
}

/** Everything that was not as the document says, once. */
export async function takeFaults(): Promise<string[]> {
  await Promise.all(judging)
  return faults.splice(0)
}

function judge(look: () => Promise<string | null>): void {
  const judged = look()
    .catch(error => `could not be judged: ${error}`)
    .then(fault => {
      if (fault !== null) faults.push(fault)
      judging.delete(judged)
    })
  judging.add(judged)
}
