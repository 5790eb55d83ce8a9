import { type Context, ROOT_CONTEXT, type Span, SpanKind, type Tracer } from '@opentelemetry/api'
import type { ArrivalTracing } from '../ports/whatsapp.ts'
import { traceHeaders } from './request-spans.ts'
import { endSpan, startSpan, under, underWay } from './spans.ts'

interface Arrival {
  span: Span
  context: Context
}

/** A message that is stored and waits for Laravel. */
interface Waiting extends Arrival {
  wait: Span | null
  attempts: number
}

/** What came of an attempt to deliver. */
export interface AttemptResult {
  result: string
  status?: number | null
}

/** From a stanza to Laravel's 2xx: received, decrypted, stored, waiting, each POST. */
export class ArrivalSpans implements ArrivalTracing {
  readonly #tracer: Tracer
  /** By stream and message id. What never becomes a message, such as an answer of the own phone, never ends and is never told. */
  readonly #arrivals = underWay<Arrival>(() => {})
  /** By webhook id. */
  readonly #waiting = underWay<Waiting>(waiting => this.#end(waiting, null))

  constructor(tracer: Tracer) {
    this.#tracer = tracer
  }

  arrived({ streamId, sessionId }: { streamId: string; sessionId: string }, messageId: string): void {
    const attributes = { 'whatsapp.session.id': sessionId, 'whatsapp.message.id': messageId }
    const span = startSpan(this.#tracer, 'receive', ROOT_CONTEXT, { kind: SpanKind.CONSUMER, attributes })
    this.#arrivals.set(nameOf(streamId, messageId), { span, context: under(span) })
  }

  decrypting(streamId: string, messageId: string): () => void {
    const arrival = this.#arrivals.peek(nameOf(streamId, messageId))
    if (arrival === undefined) return () => {}
    const decrypt = startSpan(this.#tracer, 'decrypt', arrival.context)
    return () => endSpan(decrypt)
  }

  /**
   * A message goes into the log, with the delivery of this webhook id, if any; the given function is called when it is durable, or with
   * why it is not.
   */
  storing(
    streamId: string,
    messageId: string,
    type: string,
    webhookId: string | null,
  ): ((failure: string | null) => void) | null {
    const name = nameOf(streamId, messageId)
    const arrival = this.#arrivals.peek(name)
    if (arrival === undefined) return null
    this.#arrivals.delete(name)
    arrival.span.setAttribute('whatsapp.message.type', type)
    const commit = startSpan(this.#tracer, 'commit received', arrival.context)
    return failure => {
      endSpan(commit, failure)
      if (failure !== null || webhookId === null) return endSpan(arrival.span, failure)
      const wait = startSpan(this.#tracer, 'wait', arrival.context)
      this.#waiting.set(webhookId, { ...arrival, wait, attempts: 0 })
    }
  }

  /** Laravel is asked to take something: the headers that carry the trace there, and who is told what came of it. */
  attempting(
    { kind, route, webhookId }: { kind: string; route: string; webhookId: string },
    { sessionId, messageId }: { sessionId: unknown; messageId: unknown },
  ): { headers: Record<string, string>; done(attempt: AttemptResult): void } {
    const waiting = this.#waiting.peek(webhookId)
    if (waiting?.wait) endSpan(waiting.wait)
    const attempts = waiting === undefined ? null : ++waiting.attempts
    const post = startSpan(this.#tracer, `POST ${route}`, waiting?.context ?? ROOT_CONTEXT, {
      kind: SpanKind.CLIENT,
      attributes: {
        'http.request.method': 'POST',
        'http.route': route,
        'whatsapp.delivery.kind': kind,
        'whatsapp.webhook.id': webhookId,
        ...(attempts !== null && { 'whatsapp.delivery.attempt': attempts }),
        ...(typeof sessionId === 'string' && { 'whatsapp.session.id': sessionId }),
        ...(typeof messageId === 'string' && { 'whatsapp.message.id': messageId }),
      },
    })
    return {
      headers: traceHeaders(post),
      done: ({ result, status }) => {
        const code = status ?? null
        if (code !== null) post.setAttribute('http.response.status_code', code)
        const accepted = result === 'accepted'
        endSpan(post, accepted ? null : code === null ? result : String(code))
        if (waiting === undefined) return
        if (accepted) this.#over(webhookId, waiting, null)
        else waiting.wait = startSpan(this.#tracer, 'wait', waiting.context)
      },
    }
  }

  /** It is a dead letter: nobody tries again by himself. */
  gaveUp(webhookId: string): void {
    const waiting = this.#waiting.peek(webhookId)
    if (waiting !== undefined) this.#over(webhookId, waiting, 'dead')
  }

  /** Nothing more is heard of what is under way. */
  endAll(): void {
    for (const waiting of this.#waiting.values()) this.#end(waiting, null)
    this.#waiting.clear()
    this.#arrivals.clear()
  }

  #over(webhookId: string, waiting: Waiting, failure: string | null): void {
    this.#waiting.delete(webhookId)
    this.#end(waiting, failure)
  }

  #end({ span, wait, attempts }: Waiting, failure: string | null): void {
    if (wait) endSpan(wait)
    span.setAttribute('whatsapp.delivery.attempts', attempts)
    endSpan(span, failure)
  }
}

const nameOf = (streamId: string, messageId: string) => `${streamId}|${messageId}`
