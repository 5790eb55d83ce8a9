import { execFile, spawnSync } from 'node:child_process'
import { chownSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { lastingPort } from './lasting-port.ts'

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
  query<T extends object>(sql: string): Promise<T[]>
  close(): Promise<void>
}

const run = promisify(execFile)
const DATABASE = 'ledger'
const START_MS = 20_000

/** Where the server's programs are; null: nowhere. */
export function postgresBin(): string | null {
  const found = globSync('/usr/lib/postgresql/*/bin/initdb').sort().at(-1)
  if (found !== undefined) return join(found, '..')
  return spawnSync('initdb', ['--version']).status === 0 ? '' : null
}

/** A PostgreSQL of its own in a temporary folder, on a free port of 127.0.0.1, and trusting. Rejects where there is none to start. */
export async function openPostgres(): Promise<RunPostgres> {
  const bin = postgresBin()
  if (bin === null) throw new Error('PostgreSQL is not installed: apt-get install postgresql')
  const port = await lastingPort()
  const url = `postgres://postgres@127.0.0.1:${port}/${DATABASE}`
  const dir = mkdtempSync(join(tmpdir(), 'postgres-'))
  const data = join(dir, 'data')
  // It does not run as root.
  const isRoot = process.getuid?.() === 0
  if (isRoot) chownSync(dir, ...ownerOf('postgres'))
  const as = (program: string, args: string[]) => {
    const command = [join(bin, program), ...args]
    const all = isRoot ? ['runuser', '-u', 'postgres', '--', ...command] : command
    return run(all[0]!, all.slice(1), { cwd: dir })
  }
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=50`
  const start = () =>
    as('pg_ctl', ['--pgdata', data, '--wait', '--log', join(dir, 'log'), '--options', options, 'start'])
  const stop = (mode: string) => as('pg_ctl', ['--pgdata', data, '--mode', mode, '--wait', 'stop'])
  const query = async <T extends object>(sql: string): Promise<T[]> => {
    // Whoever mends a server that is read-only has to write.
    const client = new pg.Client({ connectionString: url, options: '-c default_transaction_read_only=off' })
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query<T>(sql)).rows
    } finally {
      await client.end()
    }
  }
  const MANAGERS = "datname = current_database() AND application_name = 'whatsapp-manager'"
  await as('initdb', [
    ...['--pgdata', data, '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--username=postgres'],
    '--no-sync',
  ])
  await start()
  // The database of that name in the address is not there yet.
  const first = new pg.Client({ connectionString: url.replace(/[^/]+$/, 'postgres') })
  await first.connect()
  await first.query(`CREATE DATABASE ${DATABASE}`)
  await first.end()
  return {
    url,
    get pid() {
      return Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
    },
    async restart(mode, awayMs) {
      await stop(mode)
      await pause(awayMs)
      await start()
    },
    async killBackend() {
      const [one] = await query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE ${MANAGERS} ORDER BY state_change DESC LIMIT 1`,
      )
      if (one === undefined) return
      process.kill(one.pid, 'SIGKILL')
      // Until it has recovered nobody gets in.
      for (const deadline = Date.now() + START_MS; ; await pause(20)) {
        const isUp = await query('SELECT 1').then(
          () => true,
          () => false,
        )
        if (isUp) return
        if (Date.now() > deadline) throw new Error('PostgreSQL did not recover')
      }
    },
    async cutConnections() {
      await query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${MANAGERS}`)
    },
    async setReadOnly(readOnly) {
      await query(`ALTER DATABASE ${DATABASE} SET default_transaction_read_only = ${readOnly ? 'on' : 'off'}`)
      await query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${MANAGERS}`)
    },
    query,
    async close() {
      if (existsSync(join(data, 'postmaster.pid'))) await stop('immediate').catch(() => {})
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function ownerOf(user: string): [uid: number, gid: number] {
  const fields = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find(line => line.startsWith(`${user}:`))
    ?.split(':')
  if (fields === undefined) throw new Error(`there is no user ${user}, whom PostgreSQL runs as`)
  return [Number(fields[2]), Number(fields[3])]
}
