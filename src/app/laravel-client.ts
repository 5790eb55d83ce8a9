import type { Config } from '../config.ts'
import { createLaravel, type LaravelClient, type LaravelOptions, ROUTES } from '../laravel/client.ts'
import { createLegacyLaravel, LEGACY_ROUTES, type LegacyOptions } from '../laravel/legacy/legacy-laravel.ts'
import type { WebhookTokens } from '../ports/laravel.ts'

type Parts = Required<Pick<LaravelOptions, 'clock' | 'wall' | 'timeOfDay' | 'logger'>> &
  Pick<LegacyOptions, 'openFile'>

/** The client of Laravel, as LARAVEL_CONTRACT wants it; `legacy` is to hear of webhook tokens, null where there are none. */
export function createLaravelClient(
  config: Config['laravel'],
  parts: Parts,
): { client: LaravelClient; legacy: WebhookTokens | null; routes: typeof ROUTES } {
  const { url, contract, timeoutMs } = config
  const client = createLaravel({ ...config, ...parts })
  if (url === null || contract === 'messages') return { client, legacy: null, routes: ROUTES }
  const legacy = createLegacyLaravel(client, { url, timeoutMs, ...parts })
  return { client: legacy, legacy, routes: LEGACY_ROUTES }
}
