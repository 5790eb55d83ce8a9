import {
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { causingRequest, type RequestCause } from '../base/causes.ts'
import { endSpan, startSpan, under } from './spans.ts'

/** What machines ask all day long. */
const UNTOLD = /^\/(?:health|metrics)(?:\/|$)/

const propagator = new W3CTraceContextPropagator()

/** `traceparent` and `tracestate` of a span, for whoever is asked on its behalf. */
export function traceHeaders(span: Span): Record<string, string> {
  const headers: Record<string, string> = {}
  propagator.inject(under(span), headers, {
    set: (carrier, name, value) => {
      carrier[name] = value
    },
  })
  return headers
}

/** A link to the span that a `traceparent` names; none if it names none. */
export function linksTo(traceparent: string | undefined): Link[] {
  const named = propagator.extract(ROOT_CONTEXT, traceparent, {
    get: (carrier, name) => (name === 'traceparent' ? carrier : undefined),
    keys: () => [],
  })
  const context = trace.getSpanContext(named)
  return context === undefined ? [] : [{ context }]
}

/** One span for each request of a caller, in the caller's trace if it has one. */
export class RequestSpans {
  readonly #tracer: Tracer
  readonly #spans = new WeakMap<RequestCause, Span>()

  constructor(tracer: Tracer) {
    this.#tracer = tracer
  }

  /** A request came in; `header` gives its headers by name. */
  asked(cause: RequestCause, header: (name: string) => string | undefined): void {
    const parent = propagator.extract(ROOT_CONTEXT, header, {
      get: (carrier, name) => carrier(name),
      keys: () => [],
    })
    this.#spans.set(cause, startSpan(this.#tracer, 'request', parent, { kind: SpanKind.SERVER }))
  }

  answered(
    cause: RequestCause,
    { method, route, status }: { method: string; route: string; status: number },
  ): void {
    const span = this.#spans.get(cause)
    // What never ends is never told.
    if (span === undefined || UNTOLD.test(route)) return
    span.updateName(`${method} ${route}`)
    span.setAttributes({
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      'whatsapp.request.id': cause.requestId,
      ...(cause.sessionId !== null && { 'whatsapp.session.id': cause.sessionId }),
    })
    endSpan(span, status >= 500 ? String(status) : null)
  }

  /** Under which what the present request sets off belongs. */
  current(): { context: Context; sessionId: string | null } {
    const cause = causingRequest()
    const span = cause && this.#spans.get(cause)
    return {
      context: span === undefined ? ROOT_CONTEXT : under(span),
      sessionId: cause?.sessionId ?? null,
    }
  }
}
