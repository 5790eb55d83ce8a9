import { execFile, spawnSync } from 'node:child_process'
import { appendFileSync, chownSync, existsSync, globSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { lastingPort } from '../lasting-port.ts'

const run = promisify(execFile)

/** Where the server's programs are; null: nowhere. */
export function postgresBin(): string | null {
  const found = globSync('/usr/lib/postgresql/*/bin/initdb').sort().at(-1)
  if (found !== undefined) return join(found, '..')
  return spawnSync('initdb', ['--version']).status === 0 ? '' : null
}

/** One server of PostgreSQL on a free port of 127.0.0.1, and trusting; what it runs on may be copied from another one. */
export class PostgresServer {
  readonly port: number
  readonly #bin: string
  readonly #dir: string
  readonly #data: string
  readonly #settings: string[]

  private constructor(bin: string, dir: string, data: string, port: number, settings: string[]) {
    this.port = port
    this.#bin = bin
    this.#dir = dir
    this.#data = data
    this.#settings = settings
  }

  /** `dir` is there, and `data` is made in it or elsewhere, for whomever PostgreSQL runs as. Rejects where there is none to start. */
  static async at(dir: string, data: string, settings: string[] = []): Promise<PostgresServer> {
    const bin = postgresBin()
    if (bin === null) throw new Error('PostgreSQL is not installed: apt-get install postgresql')
    return new PostgresServer(bin, dir, data, await lastingPort(), settings)
  }

  url(database: string): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`
  }

  /** Of its first process, from which all others descend. */
  get pid(): number {
    return Number(readFileSync(this.#pidFile, 'utf8').split('\n')[0])
  }

  /** Whether its first process is there, whatever it is at. */
  get running(): boolean {
    return existsSync(this.#pidFile) && existsSync(`/proc/${this.pid}`)
  }

  /** A new one, empty. `options`: more of initdb's. */
  async create(options: string[] = []): Promise<void> {
    const usual = ['--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--username=postgres', '--no-sync']
    await this.#as('initdb', ['--pgdata', this.#data, ...usual, ...options])
  }

  /** A standby of one that runs: it takes part in what that one commits, and takes no writes. */
  async follow(other: PostgresServer): Promise<void> {
    // Who crashed may still be putting something down there.
    rmSync(this.#data, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
    await this.#as('pg_basebackup', [
      ...['--pgdata', this.#data, '--dbname', `${other.url('postgres')}?application_name=standby`],
      ...['--write-recovery-conf', '--checkpoint=fast', '--no-sync'],
    ])
    // Once it is promoted it has nobody to wait for.
    appendFileSync(join(this.#data, 'postgresql.auto.conf'), "synchronous_standby_names = ''\n")
    await this.start()
  }

  start(): Promise<unknown> {
    const settings = [
      ...['listen_addresses=127.0.0.1', "unix_socket_directories=''", 'max_connections=50'],
      ...this.#settings,
    ]
    const options = [`-p ${this.port}`, ...settings.map(setting => `-c ${setting}`)].join(' ')
    return this.#control('start', ['--log', join(this.#dir, `log-${this.port}`), '--options', options])
  }

  /** As `pg_ctl stop` does, in mode fast or immediate, which is a crash. */
  stop(mode: 'fast' | 'immediate'): Promise<unknown> {
    return this.#control('stop', ['--mode', mode])
  }

  /** A standby takes writes from now on. */
  promote(): Promise<unknown> {
    return this.#control('promote', [])
  }

  get #pidFile(): string {
    return join(this.#data, 'postmaster.pid')
  }

  #control(what: string, options: string[]): Promise<unknown> {
    return this.#as('pg_ctl', ['--pgdata', this.#data, '--wait', ...options, what])
  }

  #as(program: string, args: string[]): Promise<unknown> {
    const command = [join(this.#bin, program), ...args]
    const all = isRoot() ? ['runuser', '-u', 'postgres', '--', ...command] : command
    return run(all[0]!, all.slice(1), { cwd: this.#dir })
  }
}

/** PostgreSQL does not run as root: what is made for it here is its own. */
export function giveToPostgres(dir: string): void {
  if (isRoot()) chownSync(dir, ...ownerOf('postgres'))
}

const isRoot = () => process.getuid?.() === 0

function ownerOf(user: string): [uid: number, gid: number] {
  const fields = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find(line => line.startsWith(`${user}:`))
    ?.split(':')
  if (fields === undefined) throw new Error(`there is no user ${user}, whom PostgreSQL runs as`)
  return [Number(fields[2]), Number(fields[3])]
}
