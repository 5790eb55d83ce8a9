import { enableCompileCache, flushCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { GatewayError } from './base/errors.ts'

if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(
    `Node ${process.versions.node} is too old: run \`npm start\`, which brings Node 24 along.\n`,
  )
  process.exit(1)
}
// A third of the start is compiling Baileys; the second start finds it done.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url)))
const { createApp } = await import('./app.ts')
const { loadConfig } = await import('./config.ts')
const { createLogger } = await import('./base/logger.ts')
const { createFaults, trapFaults } = await import('./base/faults.ts')

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
  flushCompileCache()
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
