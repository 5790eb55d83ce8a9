import type { Logger } from '../base/logger.ts'
import type { Config } from '../config.ts'

/** Tells in the log that the service is up, where, and what it works with. */
export function logStart(
  logger: Logger,
  { url, sessions, place, laravel }: { url: string; sessions: number; place: string; laravel: string | null },
  { whatsapp }: Pick<Config, 'whatsapp'>,
): void {
  logger.info(
    {
      ...{ sessions, data: place },
      laravel: laravel ?? 'none: LARAVEL_URL is empty, the manager works alone',
      whatsapp: whatsapp.url ?? 'the real service',
    },
    `whatsapp-manager is up: ${url}`,
  )
}
