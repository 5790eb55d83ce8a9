import { createApp } from './app.ts'
import { GatewayError } from './base/errors.ts'
import { createFaults, trapFaults } from './base/faults.ts'
import { createLogger } from './base/logger.ts'
import { loadConfig } from './config.ts'

/** EX_SOFTWARE of sysexits.h: nothing that is configured was wrong. */
const CANNOT_GO_ON = 70

try {
  const config = loadConfig(process.env)
  const logger = createLogger(config.log)
  const faults = createFaults(logger)
  trapFaults(faults)
  const app = await createApp(config, logger, {}, faults)
  void app.dead.then(why => {
    process.stderr.write(`${why}: the process ends, so that whatever supervises it starts it again.\n`)
    process.exit(CANNOT_GO_ON)
  })
  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1)
    stopping = true
    logger.info({ signal }, 'stopping: every session keeps its link')
    setTimeout(() => process.exit(1), config.shutdownGraceMs).unref()
    app.stop().then(
      () => {
        logger.info('stopped')
        process.exit(0)
      },
      () => process.exit(1),
    )
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
} catch (error) {
  const line = error instanceof GatewayError ? error.message : `The manager could not start: ${error}`
  process.stderr.write(`${line}\n`)
  process.exit(1)
}
