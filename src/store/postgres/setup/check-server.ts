import type pg from 'pg'
import { GatewayError } from '../../../base/errors.ts'

/** The oldest that is supported: PostgreSQL 14. */
const OLDEST = 140_000

const SETTINGS = `SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding,
  current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync,
  current_setting('full_page_writes') AS full_page_writes, current_schema() AS schema`

interface Settings {
  version: number
  encoding: string
  synchronous_commit: string
  fsync: string
  full_page_writes: string
  schema: string | null
}

/**
 * Says what makes a commit of this server less than durable. Rejects with BAD_CONFIG if it is too old, not UTF-8, or has no schema to
 * put tables into.
 */
export async function checkServer(client: pg.ClientBase, onWarning: (line: string) => void): Promise<void> {
  const settings = (await client.query<Settings>(SETTINGS)).rows[0]!
  const { version, encoding, schema } = settings
  const unfit =
    (version < OLDEST && `PostgreSQL 14 is needed, this is ${Math.floor(version / 10_000)}`) ||
    (encoding !== 'UTF8' && `its encoding must be UTF8, not ${encoding}`) ||
    (schema === null && 'no schema of its search_path is there')
  if (unfit)
    throw new GatewayError('BAD_CONFIG', `DATABASE_URL cannot be used: ${unfit}`, { retryable: false })
  const off = (['synchronous_commit', 'fsync', 'full_page_writes'] as const).filter(
    name => settings[name] === 'off',
  )
  if (off.length > 0)
    onWarning(
      `PostgreSQL runs with ${off.map(name => `${name}=off`).join(', ')}: what it acknowledges can be lost with its machine; set it to on`,
    )
}
