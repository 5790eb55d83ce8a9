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

/** Reads a group of the variables, which complains of a bad value: not before it is needed. */
export interface TracingVariables {
  disabled: boolean
  exporter(): '' | 'otlp' | 'none'
  endpoint(): string | null
  tracesEndpoint(): string | null
  protocol(): Protocol
  tracesProtocol(): Protocol
  rest(): Pick<Tracing, 'sampler' | 'ratio' | 'batch'>
}

/**
 * Null unless an exporter or an endpoint is given, and nothing says no: then nothing else is read, which may be meant for other programs, as
 * `grpc` is. The endpoint of traces is taken as it is, that of all signals gets the path of traces
 * (https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp).
 */
export function tracingOf(variables: TracingVariables): Tracing | null {
  if (variables.disabled) return null
  const exporter = variables.exporter()
  if (exporter === 'none') return null
  const url = variables.tracesEndpoint() ?? tracesBelow(variables.endpoint(), exporter)
  if (url === null) return null
  const protocol = variables.tracesProtocol() || variables.protocol() || 'http/protobuf'
  return { url, protocol, ...variables.rest() }
}

/** Below an endpoint of all signals; without one where a collector mostly is, if one is asked for. A query, which may carry a key, stays behind the path. */
function tracesBelow(endpoint: string | null, exporter: '' | 'otlp'): string | null {
  if (endpoint === null) return exporter === 'otlp' ? 'http://localhost:4318/v1/traces' : null
  const url = new URL(endpoint)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`
  return url.href
}
