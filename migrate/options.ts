import { command, type Values } from '../command-line/command.ts'
import { flag, required, text } from '../command-line/options.ts'

export interface MigrateOptions {
  /** The directory of the store that moves. */
  from: string
  /** Where it moves to; undefined: DATABASE_URL. */
  to: string | undefined
  dryRun: boolean
}

export const MIGRATE = command({
  run: 'npm run migrate',
  does: 'The embedded store of a DATA_DIR moves into PostgreSQL, all of it or nothing: nobody scans a QR again, and nothing is sent or told twice.',
  options: {
    from: required('DIR', 'the DATA_DIR whose store.sqlite moves', 'which store moves?'),
    to: text(
      'URL',
      'an empty PostgreSQL database, postgres://user:password@host:port/database; DATABASE_URL of .env or the environment unless given, which no list of processes shows',
    ),
    'dry-run': flag('says how many rows would move and whether they could; a manager may run meanwhile'),
  },
  examples: [
    ['--from ./data --dry-run', 'what would move into DATABASE_URL'],
    ['--from ./data', 'moves it'],
    ['--from ./data --to postgres://wa@db.test/whatsapp', 'the same into another one'],
  ],
  notes: `Stop the manager first: a directory that is in use is refused, and so is a database that has something in it, or a manager. Everything is copied in one transaction and read back row by row before it is committed: whatever ends it before leaves the database empty and the directory as it was, so run it again. Then store.sqlite is called store.moved.sqlite, because two stores that go on would tear the sessions' keys; while it is committed it is called store.moving-to-….sqlite, and if that is where it is ended, run it again: it finds out what became of it, and nothing is copied twice. What is there is partitioned as EVENTS_KEEP_DAYS and MESSAGES_KEEP_DAYS need it. Files of messages stay where they are: start with DATABASE_URL and REDIS_URL, and the same DATA_DIR or MEDIA_URL.
Exit code 1: nothing was moved.`,
})

/** For how many days the manager keeps what it may forget soonest; 0: for ever. */
export function keepDaysIn(env: Record<string, string | undefined>): number {
  const days = [env.EVENTS_KEEP_DAYS, env.MESSAGES_KEEP_DAYS].map(Number).filter(days => days > 0)
  return days.length === 0 ? 0 : Math.min(...days)
}

/** What was asked for. */
export const migrateOptions = (values: Values<typeof MIGRATE>): MigrateOptions => ({
  ...{ from: values.from, to: values.to, dryRun: values['dry-run'] },
})
