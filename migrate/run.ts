import { CommandLineError, optionsOf } from '../command-line/command-line.ts'
import { GatewayError } from '../src/base/errors.ts'
import { isConnectionLost, openingFailure } from '../src/store/postgres/failures.ts'
import { MigrateError } from './migrate-error.ts'
import { type MovedCount, move } from './move.ts'
import { keepDaysIn, MIGRATE, migrateOptions } from './options.ts'
import { Report } from './report.ts'
import { openSource, type Source } from './source.ts'
import { MOVED } from './tables.ts'
import { openTarget, type Target } from './target.ts'

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
    const keepDays = keepDaysIn(process.env)
    const target = await openTarget(url, { onlyLooks: dryRun, keepDays, onWarning }).catch(error => {
      throw error instanceof MigrateError ? error : openingFailure(error)
    })
    try {
      report.begin(from, placeOf(url), dryRun)
      if (happenedBefore(source, target)) {
        if (!dryRun) source.moveAway()
        return report.happened(dryRun)
      }
      await target.mustBeEmpty()
      const sessions = sessionsIn(source)
      if (dryRun) {
        report.tables(MOVED.map(table => ({ table: table.name, rows: source.count(table) })))
        return report.end(sessions, true)
      }
      const counts = await moveAndCommit(source, target, report)
      await target.analyze()
      report.tables(counts)
      report.end(sessions, false)
    } finally {
      await target.close()
    }
  } finally {
    source.close()
  }
}

/** Whether an earlier move that was ended while it was committed happened. Throws MigrateError where only another database knows. */
function happenedBefore({ id, interrupted }: Source, target: Target): boolean {
  if (interrupted === null || target.id === interrupted) return false
  if (target.id === id) return true
  throw new MigrateError(
    `A move of this store into another database was ended while it was committed, and may have happened: give that one, where SELECT id FROM store says ${id} or ${interrupted}. Only if it is gone for good, call the file store.sqlite again`,
  )
}

async function moveAndCommit(source: Source, target: Target, report: Report): Promise<MovedCount[]> {
  let isSent = false
  try {
    const counts = await move(source, target, (...step) => report.progress(...step))
    source.leave(target.id!)
    isSent = true
    await target.commit()
    source.moveAway()
    return counts
  } catch (error) {
    if (isSent && isConnectionLost(error))
      throw new MigrateError(
        'The connection was lost while the move was committed: run this again, which finds out whether it happened, and finishes it',
      )
    source.comeBack()
    throw error
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
