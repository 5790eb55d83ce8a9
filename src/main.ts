import { createApp } from './app.ts'
import { loadConfig } from './config.ts'
import { GatewayError } from './errors.ts'
import { createLogger } from './logger.ts'

try {
  const config = loadConfig(process.env)
  const logger = createLogger(config.log)
  const app = await createApp(config, logger)
  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1)
    stopping = true
    logger.info({ signal }, 'stopping: every session keeps its link')
    setTimeout(() => process.exit(1), config.shutdownGraceMs).unref()
    app.stop().then(
      () => process.exit(0),
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
