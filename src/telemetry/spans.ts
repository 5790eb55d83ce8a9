import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { LRUCache } from 'lru-cache'

/** Traces that are followed at once; when more are under way, the oldest are let go. */
const MOST = 10_000

/** Of one clock for all spans of a trace; in ms since the epoch, with fractions. */
export const timeNow = (): number => performance.timeOrigin + performance.now()

export interface SpanStart {
  kind?: SpanKind
  /** In ms; now if not given. */
  at?: number
  attributes?: Attributes
  links?: Link[]
}

/** The context under which spans are children of the given one. */
export const under = (span: Span): Context => trace.setSpan(ROOT_CONTEXT, span)

export function startSpan(
  tracer: Tracer,
  name: string,
  parent: Context,
  { kind = SpanKind.INTERNAL, at = timeNow(), attributes = {}, links = [] }: SpanStart = {},
): Span {
  return tracer.startSpan(name, { kind, startTime: at, attributes, links }, parent)
}

/** Ends a span; `failure` is a code or a name, never a sentence, which may hold what it complains about. */
export function endSpan(span: Span, failure: string | null = null, at = timeNow()): void {
  if (failure !== null) span.setAttribute('error.type', failure).setStatus({ code: SpanStatusCode.ERROR })
  span.end(at)
}

/** What is under way, by name: the oldest is handed to `letGo` when there are too many. */
export function underWay<T extends NonNullable<unknown>>(letGo: (one: T) => void): LRUCache<string, T> {
  return new LRUCache<string, T>({
    maxSize: MOST,
    sizeCalculation: () => 1,
    dispose: (one, _, reason) => {
      if (reason === 'evict') letGo(one)
    },
  })
}
