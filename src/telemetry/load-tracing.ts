import type { Logger } from '../base/logger.ts'
import type { DeliveryKind } from '../ports/delivery-table.ts'
import type { SdkOptions } from './sdk.ts'
import type { Tracing } from './tracing.ts'

/** Loads and starts OpenTelemetry if somebody wants traces; null, and nothing is loaded, if nobody does. `routes`: of Laravel. */
export async function loadTracing(
  options: SdkOptions | null,
  about: { version: string; logger: Logger; routes: Record<DeliveryKind, string> },
): Promise<Tracing | null> {
  if (options === null) return null
  const { startTracing } = await import('./tracing.ts')
  return startTracing(options, about)
}
