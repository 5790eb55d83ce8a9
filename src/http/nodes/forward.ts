import { GatewayError } from '../../base/errors.ts'
import type { HttpContext } from '../context.ts'

/** Of this connection, or of another body. */
const OWN_HEADERS = [
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'expect',
  'keep-alive',
  'upgrade',
]

/** What no byte of a request went out with: https://nodejs.org/api/errors.html#common-system-errors, undici's own for a connection that takes too long. */
const NO_CONNECTION = [
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]

/** What a node answers that has done nothing, and stored nothing. */
const NOTHING_DONE = ['NOT_READY', 'SHUTTING_DOWN', 'EPOCH_CONFLICT']

/** A node did not take a request on. `silent`: it did not answer; `mayHaveArrived`: and nobody knows whether it does what was asked. */
export class NotForwarded extends GatewayError {
  readonly silent: boolean
  readonly mayHaveArrived: boolean

  constructor(message: string, how: { silent: boolean; mayHaveArrived: boolean; cause?: unknown }) {
    super('NOT_READY', message, { cause: how.cause, retryAfterSeconds: how.silent ? 2 : 1 })
    this.silent = how.silent
    this.mayHaveArrived = how.mayHaveArrived
  }
}

/** Passes a request on as it came, and resolves with the answer. Rejects with NotForwarded, also if no node answers there. */
export async function forward(
  c: HttpContext,
  {
    url,
    body,
    headers,
    proof,
    withinMs,
  }: {
    url: string
    body: Uint8Array | string | null
    /** In the place of those that came. */
    headers: Record<string, string>
    /** The header by which an answer shows that it is a node's. */
    proof: { name: string; value: string }
    withinMs: number
  },
): Promise<Response> {
  const { proxy } = await import('hono/proxy')
  const given: Record<string, string | undefined> = { ...c.req.header() }
  for (const name of OWN_HEADERS) delete given[name]
  let answer: Response
  try {
    answer = await proxy(url, {
      method: c.req.method,
      headers: { ...given, ...headers },
      ...(body !== null && { body: body as NonNullable<RequestInit['body']> }),
      signal: AbortSignal.timeout(withinMs),
    })
  } catch (cause) {
    throw noAnswer(cause, !NO_CONNECTION.includes(codeOf(cause)))
  }
  if (answer.headers.get(proof.name) !== proof.value) {
    await answer.body?.cancel()
    const what = `something else answers there with ${answer.status}: NODE_URL of that node is wrong`
    throw noAnswer(new Error(what), true)
  }
  answer.headers.delete(proof.name)
  if (answer.status !== 503 || !(await isOf(NOTHING_DONE, answer))) return answer
  await answer.body?.cancel()
  throw new NotForwarded('The session is on its way from one node to another; ask again in a moment.', {
    silent: false,
    mayHaveArrived: false,
  })
}

const noAnswer = (cause: unknown, mayHaveArrived: boolean) =>
  new NotForwarded('The node that has this session does not answer; another takes it up in a moment.', {
    ...{ silent: true, mayHaveArrived, cause },
  })

const codeOf = (error: unknown): string =>
  String(((error as { cause?: unknown }).cause as { code?: unknown } | undefined)?.code ?? '')

async function isOf(codes: string[], answer: Response): Promise<boolean> {
  const said = (await answer
    .clone()
    .json()
    .catch(() => null)) as { error?: unknown } | null
  return codes.includes(String(said?.error))
}
