import { GatewayError } from '../../base/errors.ts'
import type { Viewing } from '../../ports/inspection.ts'

/** A node that begins to show something does so at once. */
const HEAD_MS = 10_000

/**
 * What another node shows at a path of its own, which tells it by server-sent events; it ends when that node ends it, or `stopped` is.
 * Rejects with NOT_READY where no node answers, and as that node refuses.
 */
export async function viewElsewhere(
  url: string,
  {
    headers,
    proof,
    stopped,
  }: { headers: Record<string, string>; proof: [string, string]; stopped: AbortSignal },
): Promise<Viewing> {
  const [cut, gone] = [new AbortController(), new AbortController()]
  const end = (why: string) => {
    cut.abort()
    gone.abort(why)
  }
  const late = AbortSignal.timeout(HEAD_MS)
  const onLate = () => cut.abort()
  late.addEventListener('abort', onLate)
  let answer: Response
  try {
    answer = await fetch(url, { headers: { ...headers, accept: 'text/event-stream' }, signal: cut.signal })
  } catch (cause) {
    throw noAnswer(cause)
  } finally {
    late.removeEventListener('abort', onLate)
  }
  const [name, value] = proof
  if (answer.headers.get(name) !== value || !answer.ok || answer.body === null) {
    const said = (await answer.json().catch(() => null)) as { error?: string; message?: string } | null
    if (said?.error === 'TOO_MANY_REQUESTS')
      throw new GatewayError('TOO_MANY_REQUESTS', String(said.message), { retryAfterSeconds: 5 })
    throw noAnswer(new Error(`it answers ${answer.status}`))
  }
  stopped.addEventListener('abort', () => end('shutting down'), { once: true, signal: gone.signal })
  if (stopped.aborted) end('shutting down')
  return {
    messages: messagesIn(answer.body, () => end('its node ended it')),
    gone: gone.signal,
    end: () => end('closed'),
  }
}

/** The data of each event; null for a sign of life. */
async function* messagesIn(
  body: ReadableStream<Uint8Array>,
  ended: () => void,
): AsyncIterable<string | null> {
  let rest = ''
  try {
    // A decoder that lives on between the pieces: letters may be cut in two.
    for await (const piece of body.pipeThrough(new TextDecoderStream() as never) as AsyncIterable<string>) {
      const blocks = `${rest}${piece}`.split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        if (block.startsWith('data: ')) yield block.slice('data: '.length)
        else if (block === ':') yield null
      }
    }
  } catch {
    // Its node is gone, or nobody looks any more.
  } finally {
    ended()
  }
}

const noAnswer = (cause: unknown) =>
  new GatewayError(
    'NOT_READY',
    'The node that has this session does not answer; another takes it up in a moment.',
    { cause, retryAfterSeconds: 2 },
  )
