import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openStore } from '../../src/store/open-store.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import {
  createSchema,
  DATABASE_URL,
  describeWithPostgres,
  dropSchema,
  onPostgres,
  urlOfSchema,
} from '../postgres.ts'
import { commandOf } from '../run-command.ts'
import { given, messageFact } from '../store/facts.ts'

/** Starts programs, kills one, and waits for a server. */
const SLOW = { timeout: 60_000 }
const MOVING = /^store\.moving-to-[0-9a-f]{16}\.sqlite$/

await describeWithPostgres('A move that is killed while it is committed', () => {
  const run = commandOf('migrate/run.ts')
  let schema: string
  let dataDir: string
  let killed: ChildProcess | null = null
  beforeEach(async () => {
    schema = await createSchema()
    dataDir = mkdtempSync(join(tmpdir(), 'migrate-killed-'))
    const embedded = await openSqliteStore({ dataDir })
    await given(embedded, 'a')
    await embedded.close()
  })
  afterEach(async () => {
    killed?.kill('SIGKILL')
    await dropSchema(schema)
    rmSync(dataDir, { recursive: true, force: true })
  })
  const url = () => urlOfSchema(schema)
  const move = () => run('--from', dataDir, '--to', url())
  const open = () => openPostgresStore({ url: DATABASE_URL, schema, connections: 3 })
  const storeFiles = () => readdirSync(dataDir).filter(name => /^store\..*sqlite$/.test(name))
  const refused = expect.objectContaining({
    code: 'BAD_CONFIG',
    message: expect.stringMatching(/was ended while it was committed: run npm run migrate/),
  })

  /** Kills it once COMMIT is at work in the server, which is held up there; then the server ends that, or its connection. */
  async function killInCommit(becomes: 'committed' | 'undone'): Promise<void> {
    await (await open()).close()
    await onPostgres(async client => {
      await client.query(`SET search_path = ${schema}`)
      await client.query(`CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN PERFORM pg_advisory_xact_lock(hashtextextended('${schema}', 1)); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON sessions DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION waits();
        SELECT pg_advisory_lock(hashtextextended('${schema}', 1))`)
      const child = spawn(process.execPath, ['migrate/run.ts', '--from', dataDir, '--to', url()])
      killed = child
      const waiting = `SELECT pid FROM pg_stat_activity WHERE query = 'COMMIT' AND wait_event = 'advisory'
        AND pid IN (SELECT pid FROM pg_locks WHERE relation = '${schema}.sessions'::regclass)`
      const [committing] = await vi.waitFor(
        async () => {
          const { rows } = await client.query<{ pid: number }>(waiting)
          expect(rows).toHaveLength(1)
          return rows
        },
        { timeout: 20_000 },
      )
      child.kill('SIGKILL')
      await once(child, 'close')
      if (becomes === 'undone') await client.query('SELECT pg_terminate_backend($1)', [committing!.pid])
      await client.query(`SELECT pg_advisory_unlock(hashtextextended('${schema}', 1))`)
    })
  }

  it('nobody starts on its directory before it is known what became of it', SLOW, async () => {
    await killInCommit('committed')
    expect(storeFiles()).toEqual([expect.stringMatching(MOVING)])
    await expect(openStore({ dataDir, databaseUrl: null })).rejects.toEqual(refused)
    await expect(openStore({ dataDir, databaseUrl: url() })).rejects.toEqual(refused)
    expect(storeFiles()).toEqual([expect.stringMatching(MOVING)])
  })

  it(
    'when it had happened, the next run says so, copies nothing again, and marks it as moved',
    SLOW,
    async () => {
      await killInCommit('committed')
      // Somebody went on there in the meantime.
      const store = await open()
      await store.commit({ streamId: 'stream-of-a', epoch: 1, events: [messageFact(2)] })
      const looked = await run('--from', dataDir, '--to', url(), '--dry-run')
      expect(looked).toMatchObject({ code: 0, table: expect.stringMatching(/had moved everything/) })
      expect(storeFiles()).toEqual([expect.stringMatching(MOVING)])
      const { code, table } = await move()
      expect([code, table]).toEqual([0, expect.stringMatching(/Nothing was copied again/)])
      expect(storeFiles()).toEqual(['store.moved.sqlite'])
      expect((await store.log.after('stream-of-a', 0, 9)).map(({ seq }) => seq)).toEqual([1, 2])
      await store.close()
      await expect(openStore({ dataDir, databaseUrl: null })).rejects.toMatchObject({ code: 'BAD_CONFIG' })
    },
  )

  it('when it had not happened, the next run moves all of it', SLOW, async () => {
    await killInCommit('undone')
    await expect(openStore({ dataDir, databaseUrl: null })).rejects.toEqual(refused)
    const { code, table } = await move()
    expect([code, table]).toEqual([0, expect.stringMatching(/1 session moved/)])
    expect(storeFiles()).toEqual(['store.moved.sqlite'])
    const store = await open()
    expect((await store.log.after('stream-of-a', 0, 9)).map(({ seq }) => seq)).toEqual([1])
    await store.close()
  })

  it('the next run into another database is refused: it would be there twice', SLOW, async () => {
    await killInCommit('committed')
    const other = await createSchema()
    try {
      const { code, progress } = await run('--from', dataDir, '--to', urlOfSchema(other))
      expect([code, progress]).toEqual([
        1,
        expect.stringMatching(/^A move of this store into another database/),
      ])
      expect(storeFiles()).toEqual([expect.stringMatching(MOVING)])
    } finally {
      await dropSchema(other)
    }
    expect(await move()).toMatchObject({ code: 0 })
  })

  it('what the server refuses at the commit leaves the directory as it was', SLOW, async () => {
    await (await open()).close()
    await onPostgres(client =>
      client.query(`SET search_path = ${schema};
        CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE disk_full; END $$;
        CREATE CONSTRAINT TRIGGER refuses AFTER INSERT ON sessions DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW EXECUTE FUNCTION refuses()`),
    )
    expect((await move()).code).toBe(1)
    expect(storeFiles()).toEqual(['store.sqlite'])
    await (await openStore({ dataDir, databaseUrl: null })).store.close()
  })

  it('a database on which a manager runs is refused, however empty', SLOW, async () => {
    await (await open()).close()
    await onPostgres(client =>
      client.query(`INSERT INTO ${schema}.nodes (node, url, place, lease_until)
        VALUES ('n', 'http://x', 'x', now() + interval '1 minute')`),
    )
    const { code, progress } = await move()
    expect([code, progress]).toEqual([1, expect.stringMatching(/^A manager runs on that database/)])
    expect(storeFiles()).toEqual(['store.sqlite'])
  })

  it('a second move waits for the one before it, and no manager starts in between', SLOW, async () => {
    const store = await open()
    await store.close()
    const held = new pg.Client({ connectionString: url() })
    await held.connect()
    await held.query(
      "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('whatsapp-manager ' || current_schema(), 0))",
    )
    const moving = move()
    await vi.waitFor(
      async () => {
        const { rows } = await held.query(
          "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted",
        )
        expect(rows.length).toBeGreaterThan(0)
      },
      { timeout: 20_000 },
    )
    expect(storeFiles()).toEqual(['store.sqlite'])
    await held.end()
    expect((await moving).code).toBe(0)
  })
})
