import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { lastingPort } from '../../harness/lasting-port.ts'
import { createHostDatabase, type HostDatabase, queueEnv } from './host-database.ts'

const HOST = fileURLToPath(new URL('host', import.meta.url))
const PACKAGE = fileURLToPath(new URL('../../packages/laravel', import.meta.url))
const NAME = 'whatsapp-manager/laravel'

/** Writable for Laravel, and empty at first. */
const FOLDERS = [
  'bootstrap/cache',
  'storage/app',
  'storage/framework/cache/data',
  'storage/framework/sessions',
  'storage/framework/views',
  'storage/logs',
  'vendor/composer',
  'vendor/whatsapp-manager',
]

export interface HostOptions {
  /** `app.timezone`; UTC if not given. */
  timezone?: string
  /** Further lines of its .env. */
  env?: Record<string, string>
  /** Without it only what the application itself has is there. */
  withPackage?: boolean
  /** false: its database is empty. */
  migrate?: boolean
  /** A folder beside `host/` whose files take the place of the application's. */
  overlay?: string
  /** Files that do so, too, by their path in the application. */
  files?: Record<string, string | Uint8Array>
}

export interface CommandOutput {
  code: number | null
  /** What it printed, errors included. */
  output: string
}

/** A real Laravel with the package installed: a copy of `host/` in a folder of its own, served by PHP itself. */
export class LaravelHost {
  readonly url: string
  readonly #dir: string
  readonly #port: number
  readonly #database: HostDatabase
  readonly #running = new Set<ChildProcess>()

  private constructor(dir: string, port: number, database: HostDatabase) {
    this.#dir = dir
    this.#port = port
    this.#database = database
    this.url = `http://127.0.0.1:${port}`
  }

  /** Installed and migrated, but not served yet. */
  static async create(options: HostOptions = {}): Promise<LaravelHost> {
    const { timezone = 'UTC', env = {}, withPackage = true, migrate = true, overlay, files = {} } = options
    const dir = await mkdtemp(join(tmpdir(), 'laravel-'))
    await cp(HOST, dir, { recursive: true })
    const host = new LaravelHost(dir, await lastingPort(), createHostDatabase(dir))
    process.once('exit', () => host.#running.forEach(killGroup))
    await Promise.all(FOLDERS.map(folder => mkdir(join(dir, folder), { recursive: true })))
    if (withPackage) await host.#install()
    if (overlay !== undefined) await cp(join(HOST, '..', overlay), dir, { recursive: true })
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(dir, path, '..'), { recursive: true })
      await writeFile(join(dir, path), text)
    }
    await host.setEnv({
      ...host.#database.env,
      ...queueEnv(),
      APP_ENV: 'local',
      APP_KEY: `base64:${randomBytes(32).toString('base64')}`,
      APP_URL: host.url,
      APP_TIMEZONE: timezone,
      ...env,
    })
    if (!migrate) return host
    const { code, output } = await host.artisan('migrate', '--force')
    if (code !== 0) throw new Error(`artisan migrate: ${output}`)
    host.write("INSERT INTO users (name, phone) VALUES ('Marta', '34600000002'), ('Luis', '34600000003')")
    return host
  }

  /** As Composer would have: its folder under vendor/, its composer.json in what is installed, which Laravel discovers. */
  async #install(): Promise<void> {
    await symlink(PACKAGE, join(this.#dir, 'vendor', NAME))
    const composer = JSON.parse(await readFile(join(PACKAGE, 'composer.json'), 'utf8'))
    const installed = JSON.stringify({ packages: [{ ...composer, version: '0.1.0' }] })
    await writeFile(join(this.#dir, 'vendor/composer/installed.json'), installed)
  }

  /** Sets lines of .env, which each request reads anew; null takes one away. */
  async setEnv(lines: Record<string, string | null>): Promise<void> {
    const path = join(this.#dir, '.env')
    const before = await readFile(path, 'utf8').catch(() => '')
    const kept = before.split('\n').filter(line => line !== '' && !(line.split('=', 1)[0]! in lines))
    const added = Object.entries(lines).flatMap(([name, value]) =>
      value === null ? [] : [`${name}="${value}"`],
    )
    await writeFile(path, `${[...kept, ...added].join('\n')}\n`)
  }

  /** A file of the application. */
  read(path: string): Promise<string> {
    return readFile(join(this.#dir, path), 'utf8')
  }

  /** Serves it on the same port each time; one worker answers one request at a time. */
  async start({ workers = 4, ini = [] }: { workers?: number; ini?: string[] } = {}): Promise<void> {
    const settings = ['opcache.enable_cli=1', 'opcache.revalidate_freq=0', ...ini]
    const flags = settings.flatMap(setting => ['-d', setting])
    const address = `127.0.0.1:${this.#port}`
    this.#spawn([...flags, '-S', address, '-t', 'public', 'server.php'], {
      ...(workers > 1 && { PHP_CLI_SERVER_WORKERS: String(workers) }),
    })
    await vi.waitFor(() => this.#connects(), { timeout: 15_000, interval: 20 })
  }

  /** Runs PHP until `stop` with `env` alone, and with that in `$_ENV`, as in an image of PHP's own. */
  async runAs(args: string[], env: Record<string, string>): Promise<void> {
    const settings = join(this.#dir, 'storage/php')
    await mkdir(settings, { recursive: true })
    await writeFile(join(settings, 'image.ini'), 'variables_order=EGPCS\n')
    this.#spawn(args, { ...env, PHP_INI_SCAN_DIR: `:${settings}` })
  }

  /** Ends the server and the workers of the queue at once, as a machine that is switched off does. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running].map(end))
    this.#running.clear()
  }

  async end(): Promise<void> {
    await this.stop()
    this.#database.end()
    await rm(this.#dir, { recursive: true, force: true })
  }

  /** A worker of the queue, until `stop`. */
  work(...flags: string[]): void {
    this.#spawn(['artisan', 'queue:work', '--sleep=0.05', ...flags])
  }

  /** Runs an artisan command to its end; `onOutput` hears all that it has printed so far. */
  follow(onOutput: (output: string) => void, ...args: string[]): Promise<CommandOutput> {
    return this.#run(['artisan', ...args, '--no-ansi', '--no-interaction'], '', onOutput)
  }

  /** Runs an artisan command to its end. */
  async artisan(...args: string[]): Promise<CommandOutput> {
    return this.#run(['artisan', ...args, '--no-ansi', '--no-interaction'])
  }

  /** Runs PHP within the application, as `tinker` would; gives what it returns. Throws what it printed when it failed. */
  async run<T = unknown>(php: string): Promise<T> {
    const { code, output } = await this.#run(['artisan', 'host:run', '--no-ansi'], php)
    if (code !== 0) throw new Error(`PHP ended with ${code}: ${output}`)
    return JSON.parse(output.trimEnd().split('\n').at(-1)!) as T
  }

  /** Rows of the application's database. */
  rows<T = Record<string, unknown>>(sql: string, ...values: (string | number)[]): T[] {
    return this.#database.rows(sql, values)
  }

  /** Changes the application's database behind its back. */
  write(sql: string): void {
    this.#database.write(sql)
  }

  /** Lets the database refuse new rows of a table while `work` runs. */
  async refusing(table: string, why: string, work: () => Promise<void>): Promise<void> {
    this.#database.refuse(table, why)
    try {
      await work()
    } finally {
      this.#database.accept(table)
    }
  }

  /** The package's events that the application heard, oldest first. */
  seen(event?: string): { event: string; data: Record<string, unknown> }[] {
    return this.rows<{ event: string; data: string }>('SELECT event, data FROM seen ORDER BY id')
      .filter(row => event === undefined || row.event === event)
      .map(row => ({ event: row.event, data: JSON.parse(row.data) }))
  }

  async #run(
    args: string[],
    input = '',
    onOutput: (output: string) => void = () => {},
  ): Promise<CommandOutput> {
    const child = spawn('php', args, { cwd: this.#dir, env: { PATH: process.env.PATH }, stdio: 'pipe' })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', chunk => {
        output += chunk
        onOutput(output)
      })
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    const [code] = await once(child, 'close')
    return { code: code as number | null, output }
  }

  /** In a process group of its own: the server's workers outlive it otherwise. */
  #spawn(args: string[], env: Record<string, string> = {}): void {
    const options = { cwd: this.#dir, env: { PATH: process.env.PATH, ...env } }
    this.#running.add(spawn('php', args, { ...options, stdio: 'ignore', detached: true }))
  }

  #connects(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.#port, '127.0.0.1', () => {
        socket.destroy()
        resolve()
      })
      socket.once('error', reject)
    })
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  if (killGroup(child)) await exited
}

/** False if it has ended already. */
function killGroup({ pid }: ChildProcess): boolean {
  try {
    return pid !== undefined && process.kill(-pid, 'SIGKILL')
  } catch {
    return false
  }
}
