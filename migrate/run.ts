import { CommandLineError, optionsOf } from '../command-line/command-line.ts'
import { GatewayError } from '../src/base/errors.ts'
import { openingFailure } from '../src/store/postgres/failures.ts'
import { MigrateError } from './migrate-error.ts'
import { move } from './move.ts'
import { MIGRATE, migrateOptions } from './options.ts'
import { Report } from './report.ts'
import { openSource, type Source } from './source.ts'
import { MOVED } from './tables.ts'
import { openTarget } from './target.ts'

function urlOf(to: string | undefined): string {
  const url = to ?? process.env.DATABASE_URL?.trim() ?? ''
  if (/^postgres(?:ql)?:\/\/./.test(url) && URL.canParse(url)) return url
  throw new MigrateError(
    'Where to? Give --to postgres://user:password@host:port/database, or set DATABASE_URL',
  )
}

const placeOf = (url: string) => {
  const { host, pathname } = new URL(url)
  return `postgres://${host}${pathname}`
}

const sessionsIn = (source: Source) => source.count(MOVED.find(({ name }) => name === 'sessions')!)

async function main(): Promise<void> {
  const { from, to, dryRun } = migrateOptions(optionsOf(MIGRATE))
  const url = urlOf(to)
  const report = new Report(process.stdout)
  const source = openSource(from, { onlyLooks: dryRun })
  try {
    const onWarning = (line: string) => report.line(`  ! ${line}`)
    const target = await openTarget(url, { onlyLooks: dryRun, onWarning }).catch(error => {
      throw error instanceof MigrateError ? error : openingFailure(error)
    })
    try {
      report.begin(from, placeOf(url), dryRun)
      const sessions = sessionsIn(source)
      if (dryRun) {
        report.tables(MOVED.map(table => ({ table: table.name, rows: source.count(table) })))
        return report.end(sessions, true)
      }
      const counts = await move(source, target, (...step) => report.progress(...step))
      await target.commit()
      source.moveAway()
      report.tables(counts)
      report.end(sessions, false)
    } finally {
      await target.close()
    }
  } finally {
    source.close()
  }
}

try {
  await main()
} catch (error) {
  const isOurs = [MigrateError, GatewayError, CommandLineError].some(kind => error instanceof kind)
  process.stderr.write(
    `${isOurs ? (error as Error).message : `migrate: ${String((error as Error).stack)}`}\n`,
  )
  process.exitCode = 1
}
