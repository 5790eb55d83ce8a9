/** What the standard OTEL_* variables ask for. */
export interface Tracing {
  /** Where spans are posted to. */
  readonly url: string
  readonly protocol: 'http/protobuf' | 'http/json'
  /** As OTEL_TRACES_SAMPLER spells it. */
  readonly sampler: string
  /** 0 to 1, for samplers by ratio. */
  readonly ratio: number
  readonly batch: {
    readonly delayMs: number
    readonly timeoutMs: number
    readonly queue: number
    readonly size: number
  }
}

type Protocol = '' | Tracing['protocol']

/**
 * Null unless an exporter or an endpoint is given, and nothing says no. The endpoint of traces is taken as it is, that of all signals gets
 * the path of traces (https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp).
 */
export function tracingOf({
  disabled,
  exporter,
  endpoint,
  tracesEndpoint,
  protocol,
  tracesProtocol,
  ...rest
}: {
  disabled: boolean
  exporter: '' | 'otlp' | 'none'
  endpoint: string | null
  tracesEndpoint: string | null
  protocol: Protocol
  tracesProtocol: Protocol
} & Pick<Tracing, 'sampler' | 'ratio' | 'batch'>): Tracing | null {
  const isAsked = exporter === 'otlp' || endpoint !== null || tracesEndpoint !== null
  if (disabled || exporter === 'none' || !isAsked) return null
  return {
    url: tracesEndpoint ?? tracesBelow(endpoint ?? 'http://localhost:4318'),
    protocol: tracesProtocol || protocol || 'http/protobuf',
    ...rest,
  }
}

/** A query, which may carry a key, stays behind the path. */
function tracesBelow(endpoint: string): string {
  const url = new URL(endpoint)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`
  return url.href
}
