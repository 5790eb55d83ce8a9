import { createClock } from './base/clock.ts'
import { GatewayError } from './base/errors.ts'
import { loadConfig } from './config.ts'
import { createLaravelCheck } from './laravel/check/laravel-check.ts'
import { reportTable } from './laravel/check/report-table.ts'

/** `npm run laravel:check`: what Laravel answers to each kind of request, and what mends it; 1 if something has to be mended. */
try {
  const { laravel } = loadConfig(process.env)
  const check = createLaravelCheck({ ...laravel, clock: createClock(), wall: Date.now })
  const report = await check.run('thorough')
  const colors = process.stdout.isTTY === true && !process.env.NO_COLOR
  process.stdout.write(`${reportTable(report, colors)}\n`)
  process.exitCode = report.ok ? 0 : 1
} catch (error) {
  const line = error instanceof GatewayError ? error.message : `Laravel could not be checked: ${error}`
  process.stderr.write(`${line}\n`)
  process.exitCode = 1
}
