import type pg from 'pg'
import { GatewayError } from '../../../base/errors.ts'
import { STEPS } from './schema.ts'

/** The version of the tables that this code makes. */
export const SCHEMA_VERSION = STEPS.length

/** Until the end of the transaction nobody else makes these tables, and no manager starts on them. */
export const LOCK_TABLES =
  "SELECT pg_advisory_xact_lock(hashtextextended('whatsapp-manager ' || current_schema(), 0))"

/**
 * Creates the tables, or brings those of an older version up to date, once, whichever node comes first. Those of a newer version are used
 * as they are while they can be: during an upgrade two versions run side by side. Rejects with BAD_CONFIG where they cannot.
 */
export async function migrate(client: pg.ClientBase, steps = STEPS): Promise<void> {
  await client.query('BEGIN')
  try {
    // A table of a million rows may get an index here, or on another node that is waited for.
    await client.query('SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0')
    await client.query(LOCK_TABLES)
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_versions
       (version integer PRIMARY KEY, compatible_from integer NOT NULL, at timestamptz NOT NULL DEFAULT now())`,
    )
    const { rows } = await client.query<{ version: number; compatible_from: number }>(
      'SELECT version, compatible_from FROM schema_versions ORDER BY version DESC LIMIT 1',
    )
    const { version, compatible_from: compatibleFrom } = rows[0] ?? { version: 0, compatible_from: 0 }
    if (compatibleFrom > steps.length) throw tooNew(version, steps.length)
    for (const [i, { compatibleFrom, sql }] of steps.entries()) {
      if (i < version) continue
      await client.query(sql)
      await client.query('INSERT INTO schema_versions (version, compatible_from) VALUES ($1, $2)', [
        i + 1,
        compatibleFrom,
      ])
    }
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}

const tooNew = (version: number, known: number) =>
  new GatewayError(
    'BAD_CONFIG',
    `DATABASE_URL leads to tables of a newer version (schema ${version}, this one knows ${known}): upgrade, or use another database`,
    { retryable: false },
  )
