import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fieldsIn } from '../../src/whatsapp/protobuf/wire-reader.ts'

/** A span as a collector got it; ids in hex, `parent` '' for a root. */
export interface Collected {
  trace: string
  id: string
  parent: string
  name: string
  failed: boolean
  attributes: Record<string, unknown>
  /** Of JSON only: the ids of the spans that it names. */
  links: string[]
}

interface JsonSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  startTimeUnixNano: string
  endTimeUnixNano: string
  status?: { code?: number }
  links?: { traceId: string; spanId: string }[]
  attributes: { key: string; value: Record<string, unknown> }[]
}

/** An OTLP/HTTP collector, which takes JSON and protobuf (https://opentelemetry.io/docs/specs/otlp/#otlphttp). */
export class Collector {
  readonly spans: Collected[] = []
  /** Of JSON only, in ns. */
  readonly times = new Map<string, { from: bigint; to: bigint }>()
  readonly requests: { path: string; headers: IncomingHttpHeaders }[] = []
  /** All that came, as text. */
  raw = ''
  status = 200
  readonly #server: Server

  constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const body = Buffer.concat(chunks)
      this.raw += body.toString('latin1')
      this.requests.push({ path: request.url ?? '', headers: request.headers })
      if (this.status === 200)
        if (request.headers['content-type'] === 'application/json') this.#takeJson(body)
        else this.#takeProtobuf(body)
      response.writeHead(this.status).end()
    })
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  /** The spans of a trace by name, those of the same name in the order in which they began. */
  trace(id: string): Map<string, Collected[]> {
    const spans = this.spans.filter(({ trace }) => trace === id)
    return Map.groupBy(spans, ({ name }) => name)
  }

  #takeJson(body: Buffer): void {
    const { resourceSpans } = JSON.parse(body.toString()) as {
      resourceSpans: { scopeSpans: { spans: JsonSpan[] }[] }[]
    }
    for (const span of resourceSpans.flatMap(({ scopeSpans }) => scopeSpans).flatMap(({ spans }) => spans)) {
      const attributes = span.attributes.map(({ key, value }) => [key, Object.values(value)[0]])
      this.times.set(span.spanId, {
        from: BigInt(span.startTimeUnixNano),
        to: BigInt(span.endTimeUnixNano),
      })
      this.spans.push({
        trace: span.traceId,
        id: span.spanId,
        parent: span.parentSpanId ?? '',
        name: span.name,
        failed: span.status?.code === 2,
        attributes: Object.fromEntries(attributes),
        links: (span.links ?? []).map(({ traceId, spanId }) => `${traceId} ${spanId}`),
      })
    }
  }

  #takeProtobuf(body: Buffer): void {
    for (const span of inside(body, 1, 2, 2)) {
      const text = (number: number, encoding: BufferEncoding) =>
        inside(span, number)
          .map(bytes => Buffer.from(bytes).toString(encoding))
          .join('')
      this.spans.push({
        trace: text(1, 'hex'),
        id: text(2, 'hex'),
        parent: text(4, 'hex'),
        name: text(5, 'utf8'),
        failed: false,
        attributes: {},
        links: [],
      })
    }
  }
}

/** The values at the end of a path of field numbers. */
function inside(bytes: Uint8Array, number: number, ...path: number[]): Uint8Array[] {
  const values = [...fieldsIn(bytes)].flatMap(field =>
    field.number === number && field.bytes ? [field.bytes] : [],
  )
  const [next, ...rest] = path
  return next === undefined ? values : values.flatMap(value => inside(value, next, ...rest))
}
