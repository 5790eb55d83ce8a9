import { command } from '../command-line/command.ts'
import { optionsOf } from '../command-line/command-line.ts'
import { createClock } from './base/clock.ts'
import { GatewayError } from './base/errors.ts'
import { loadConfig } from './config.ts'
import { createLaravelCheck } from './laravel/check/laravel-check.ts'
import { reportTable } from './laravel/check/report-table.ts'

/** `npm run laravel:check`: what Laravel answers to each kind of request, and what mends it; 1 if something has to be mended. */
optionsOf(
  command({
    run: 'npm run laravel:check',
    does: 'Asks Laravel once in each way in which the manager will, as that of .env or the environment, and says of every answer what mends it. Nothing is delivered, no session is touched.',
    options: {},
    examples: [['', 'before the first session, and after each change of routes or keys']],
    notes: 'Exit code 1: something has to be mended.',
  }),
)
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
