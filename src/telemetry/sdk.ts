import type { Tracer } from '@opentelemetry/api'
import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import {
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  type SpanExporter,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { causedByNobody } from '../base/causes.ts'
import type { Logger } from '../base/logger.ts'

/** What the standard variables ask for (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). */
export interface SdkOptions {
  /** Where spans are posted to. */
  url: string
  protocol: 'http/protobuf' | 'http/json'
  sampler: string
  /** 0 to 1, for the samplers by ratio. */
  ratio: number
  batch: { delayMs: number; timeoutMs: number; queue: number; size: number }
}

/** OpenTelemetry's own SDK, as far as traces go; headers, certificates and the like it reads itself. `version`: of this build. */
export async function startSdk(
  options: SdkOptions,
  { version, logger }: { version: string; logger: Logger },
): Promise<{ tracer: Tracer; shutdown(): Promise<void> }> {
  const { batch, url } = options
  const own = resourceFromAttributes({ 'service.name': 'whatsapp-manager', 'service.version': version })
  const given = detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] })
  const processor = new BatchSpanProcessor({
    exporter: reporting(await exporterOf(options), url, logger),
    scheduledDelayMillis: batch.delayMs,
    exportTimeoutMillis: batch.timeoutMs,
    maxQueueSize: batch.queue,
    maxExportBatchSize: Math.min(batch.size, batch.queue),
  })
  const provider = new TracerProvider({
    resource: own.merge(given),
    sampler: samplerOf(options),
    spanProcessors: [causingNothing(processor)],
  })
  return { tracer: provider.getTracer('whatsapp-manager', version), shutdown: () => provider.shutdown() }
}

async function exporterOf({ url, protocol }: SdkOptions): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto')
  return new OTLPTraceExporter({ url })
}

function samplerOf({ sampler, ratio }: SdkOptions): Sampler {
  const roots: Record<string, Sampler> = {
    always_on: new AlwaysOnSampler(),
    always_off: new AlwaysOffSampler(),
    traceidratio: new TraceIdRatioBasedSampler(ratio),
  }
  const root = roots[sampler.replace('parentbased_', '')]!
  return sampler.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root
}

/** What ends a span starts the timer of the next batch, and has nothing to do with it. */
const causingNothing = (processor: SpanProcessor): SpanProcessor => ({
  onStart: (...started) => processor.onStart(...started),
  onEnd: span => causedByNobody(() => processor.onEnd(span)),
  forceFlush: () => processor.forceFlush(),
  shutdown: () => processor.shutdown(),
})

/** One line when spans are lost, and one when they arrive again; what an error says may hold an address with a password. */
function reporting(exporter: SpanExporter, url: string, logger: Logger): SpanExporter {
  const { origin } = new URL(url)
  let lost = false
  const heard = ({ code, error }: ExportResult) => {
    const failed = code !== ExportResultCode.SUCCESS
    if (failed && !lost)
      logger.warn({ collector: origin, error: error?.name }, 'the collector takes no traces, they are lost')
    if (!failed && lost) logger.info({ collector: origin }, 'the collector takes traces again')
    lost = failed
  }
  return {
    export(spans: ReadableSpan[], done) {
      exporter.export(spans, result => {
        heard(result)
        done(result)
      })
    },
    forceFlush: async () => exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  }
}
