import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { Wire } from '../wire.ts'
import { giveToPostgres, PostgresServer } from './server.ts'
import { SmallDisk } from './small-disk.ts'

/** What happens to the PostgreSQL of a run. */
export interface RunPostgres {
  readonly url: string
  /** Of its first process, from which all others descend. */
  readonly pid: number
  /** Ends it as `pg_ctl stop` does, in mode fast or immediate (a crash), and starts it again after so long. */
  restart(mode: 'fast' | 'immediate', awayMs: number): Promise<void>
  /** SIGKILL for one backend of the manager's: the server throws all out and recovers as after a crash. */
  killBackend(): Promise<void>
  /** Ends every connection of the manager's. */
  cutConnections(): Promise<void>
  /** Takes no writes, or takes them again, on connections that there are, too. */
  setReadOnly(readOnly: boolean): Promise<void>
  /** It crashes for good. Its standby takes over at once, and takes writes once it is promoted after so long. Only with `standby`. */
  failOver(readOnlyMs: number): Promise<void>
  /** A disk is full: that of the tables, or that of the write-ahead log, which no server survives. Only with `smallDisks`. */
  fillDisk(which: FullDisk): Promise<void>
  /** There is room again, and whoever looks after the server starts it where it ended. */
  freeDisk(): Promise<void>
  query<T extends object>(sql: string): Promise<T[]>
  close(): Promise<void>
}

export type FullDisk = 'tables' | 'log'

export interface PostgresNeeds {
  /** A second server follows the first one, which acknowledges nothing before that one has it. */
  standby?: boolean
  /** Its tables and its log lie on disks of their own, which can be full. As root only. */
  smallDisks?: boolean
}

const DATABASE = 'ledger'
const ANSWERS_MS = 60_000
const MANAGERS = "datname = current_database() AND application_name = 'whatsapp-manager'"
const QUICK = ['wal_retrieve_retry_interval=200ms']
/** Segments of 1 MB: the disk of the log is full soon, and has room for what it needs at other times. */
const SMALL_LOG = ['max_wal_size=32MB', 'min_wal_size=5MB']
const TABLES_MB = 512
const LOG_MB = 128
/** So much is left when a disk is filled. */
const LEFT_BYTES = 16 * 1024

/** A PostgreSQL of its own in a temporary folder, on a free port of 127.0.0.1, and trusting. Rejects where there is none to start. */
export async function openPostgres(needs: PostgresNeeds = {}): Promise<RunPostgres> {
  const dir = mkdtempSync(join(tmpdir(), 'postgres-'))
  giveToPostgres(dir)
  const disks = needs.smallDisks ? openDisks(dir) : null
  const settings = [...QUICK, ...(disks ? SMALL_LOG : [])]
  let server = await PostgresServer.at(dir, join(disks?.tables.dir ?? dir, 'data'), settings)
  await server.create(disks ? ['--waldir', join(disks.log.dir, 'log'), '--wal-segsize=1'] : [])
  await server.start()
  await onServer(server.url('postgres'), client => client.query(`CREATE DATABASE ${DATABASE}`))
  const query = <T extends object>(sql: string) =>
    // Whoever mends a server that is read-only has to write.
    onServer(server.url(DATABASE), async client => (await client.query<T>(sql)).rows, WRITES)
  const ask = (sql: string) => onServer(server.url(DATABASE), client => client.query(sql))

  let standby = needs.standby ? await PostgresServer.at(dir, join(dir, 'standby'), settings) : null
  const wire = standby && new Wire(server.url(DATABASE))
  /** A server of which nothing is asked that its standby has not: then nothing that was acknowledged is lost with it. */
  async function follow(): Promise<void> {
    await standby!.follow(server)
    await until(
      async () => (await query("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'")).length > 0,
    )
    await query("ALTER SYSTEM SET synchronous_standby_names = '*'")
    await query('SELECT pg_reload_conf()')
    await until(
      async () => (await query("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'")).length > 0,
    )
  }
  let followed: Promise<void> = standby ? follow() : Promise.resolve()
  await followed

  return {
    url: wire
      ? server.url(DATABASE).replace(`:${server.port}/`, `:${await wire.listen()}/`)
      : server.url(DATABASE),
    get pid() {
      return server.pid
    },
    async restart(mode, awayMs) {
      await server.stop(mode)
      await pause(awayMs)
      await server.start()
    },
    async killBackend() {
      const [one] = await query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE ${MANAGERS} ORDER BY state_change DESC LIMIT 1`,
      )
      if (one === undefined) return
      // All are thrown out, a moment later; until it has recovered nobody gets in.
      await onServer(server.url(DATABASE), async witness => {
        const thrownOut = new Promise(resolve => witness.once('end', resolve))
        process.kill(one.pid, 'SIGKILL')
        await thrownOut
      })
      await until(() => ask('SELECT 1'))
    },
    async cutConnections() {
      await query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${MANAGERS}`)
    },
    async setReadOnly(readOnly) {
      const wanted = readOnly ? 'on' : 'off'
      await query(`ALTER SYSTEM SET default_transaction_read_only = ${wanted}`)
      await query('SELECT pg_reload_conf()')
      await until(async () => {
        const { rows } = await ask('SHOW default_transaction_read_only')
        return rows[0].default_transaction_read_only === wanted
      })
    },
    async failOver(readOnlyMs) {
      if (standby === null || wire === null) throw new Error('there is no standby')
      await followed
      await server.stop('immediate')
      wire.lead(standby.url(DATABASE))
      await pause(readOnlyMs)
      await standby.promote()
      const former = server
      server = standby
      standby = former
      followed = follow()
      // Whoever needs it again hears of it.
      followed.catch(() => {})
    },
    async fillDisk(which) {
      if (disks === null) throw new Error('its disks cannot be full')
      disks[which].fill(LEFT_BYTES)
      // Its segments are used again: they are used up, as time would do it.
      const writes = () =>
        query(NEXT_SEGMENT).then(
          () => true,
          () => false,
        )
      if (which === 'log') while (await writes()) {}
    },
    async freeDisk() {
      if (disks === null) throw new Error('its disks cannot be full')
      for (const disk of [disks.tables, disks.log]) disk.free()
      await until(async () => {
        if (!server.running) await server.start()
        return ask('SELECT 1')
      })
    },
    query,
    async close() {
      await followed.catch(() => {})
      for (const one of [server, standby]) if (one?.running) await one.stop('immediate').catch(() => {})
      await wire?.close()
      for (const disk of disks ? [disks.tables, disks.log] : []) disk.unmount()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const WRITES = '-c default_transaction_read_only=off'
const NEXT_SEGMENT = "SELECT pg_logical_emit_message(false, 'full', repeat('x', 200000)), pg_switch_wal()"

async function onServer<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
  options?: string,
): Promise<T> {
  const client = new pg.Client({ connectionString: url, ...(options !== undefined && { options }) })
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Resolves once it is so; what fails is asked again. */
async function until(isSo: () => Promise<unknown>): Promise<void> {
  for (const deadline = Date.now() + ANSWERS_MS; ; await pause(20)) {
    try {
      if ((await isSo()) !== false) return
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
    if (Date.now() > deadline) throw new Error('PostgreSQL did not become what was wanted of it')
  }
}

function openDisks(dir: string): Record<FullDisk, SmallDisk> {
  const tables = new SmallDisk(join(dir, 'tables'), TABLES_MB)
  const log = new SmallDisk(join(dir, 'log'), LOG_MB)
  for (const disk of [tables, log]) giveToPostgres(disk.dir)
  return { tables, log }
}
