import type { Clock } from '../base/clock.ts'
import { GatewayError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { Problem } from '../base/problem.ts'
import type { StoreServer } from '../ports/store.ts'

const EVERY_MS = 5_000

/** Looks whether the store's server takes writes, so that this is known before the first write has to fail. */
export function createServerWatch({
  probe,
  clock,
  logger,
}: {
  probe: StoreServer['probe']
  clock: Clock
  logger: Logger
}): { start(): void; stop(): void; problem(): Problem | null } {
  let failure: GatewayError | null = null
  let timer: unknown
  let stopped = false

  async function look(): Promise<void> {
    const found = await probe().then(
      () => null,
      error => (error instanceof GatewayError && error.code === 'STORE_FAILED' ? error : null),
    )
    if (stopped) return
    const was = failure
    failure = found
    if (was === null && found !== null) logger.warn({ code: found.code }, found.message)
    if (was !== null && found === null) logger.info('the store can be used again')
    arm()
  }

  function arm(): void {
    timer = clock.setTimeout(() => void look(), EVERY_MS)
  }

  return {
    start: arm,
    stop() {
      stopped = true
      clock.clearTimeout(timer as never)
    },
    problem() {
      if (failure === null) return null
      const { message, says = 'server_unclear' } = failure
      return {
        code: 'STORE_FAILED',
        message: `${message}. It is looked at every 5 s.`,
        said: [{ says, values: {} }],
      }
    },
  }
}
