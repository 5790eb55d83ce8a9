import type { Logger } from '../base/logger.ts'
import type { LaravelCheck } from '../ports/laravel-check.ts'

/** Tells in the log what Laravel answered when the service began: one line for all that is well, one for each thing that is not. */
export async function logCheck(check: LaravelCheck, logger: Logger): Promise<void> {
  const { ok, address, checks } = await check.run('brief')
  for (const { subject, result, status, message, mend } of checks)
    if (result === 'failed')
      logger.warn({ address, status: status ?? undefined, mend }, `laravel check: ${subject}: ${message}`)
  if (ok) logger.info({ address }, 'laravel check: it is there, and takes what this manager tells it')
}
