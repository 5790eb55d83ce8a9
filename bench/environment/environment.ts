import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from '../../harness/child.ts'
import { openPostgres, type RunPostgres } from '../../harness/postgres/run-postgres.ts'
import { postgresBin } from '../../harness/postgres/server.ts'
import type { Progress } from '../../harness/progress.ts'
import { openRedis, type RunRedis } from '../../harness/redis.ts'
import type { Commands } from '../../harness/rpc.ts'
import type { ProcessSettings } from '../contenders/contender.ts'
import { Collector } from './collector.ts'
import { Laravel } from './laravel.ts'
import type { SimulatorProgram } from './simulator-program.ts'

const CONCURRENCY = 10

/** What stands around the programs under test. */
export interface Environment {
  simulator: Child<SimulatorProgram>
  laravel: Laravel
  processSettings: ProcessSettings
  /** For the data directories of managers. */
  dir: string
  progress: Progress
}

/** Starts and ends what stands around the programs under test, from the first process to the last file. */
export class BenchmarkEnvironment {
  readonly #children: Pick<Child<Commands>, 'kill' | 'name' | 'output'>[] = []
  readonly #laravel = new Laravel()
  #dir: string | null = null
  #redis: RunRedis | null = null
  #postgres: RunPostgres | null = null
  #collector: Collector | null = null

  async open(
    progress: Progress,
    nodeFlags: string[],
    { probed = true, redisUrl = null }: { probed?: boolean; redisUrl?: string | null } = {},
  ): Promise<Environment> {
    const dir = await mkdtemp(join(tmpdir(), 'whatsapp-manager-bench-'))
    this.#dir = dir
    const simulator = new Child<SimulatorProgram>({
      name: 'the simulator',
      file: 'bench/environment/simulator-program.ts',
    })
    this.#children.push(simulator)
    await this.#laravel.listen()
    const whatsapp = await simulator.remote.call('listen')
    const mediaCa = join(dir, 'media-ca.pem')
    const filesDir = join(dir, 'files')
    await writeFile(mediaCa, whatsapp.mediaCa)
    await mkdir(filesDir)
    const processSettings = {
      whatsapp,
      laravelUrl: this.#laravel.url,
      concurrency: CONCURRENCY,
      nodeFlags,
      probed,
      redisUrl,
      mediaCa,
      filesDir,
      logins: () => simulator.remote.call('logins'),
      onStart: (child: Pick<Child<Commands>, 'kill' | 'name' | 'output'>) => this.#children.push(child),
    }
    return { simulator, laravel: this.#laravel, processSettings, dir, progress }
  }

  /** A Redis of this run; null where there is none to start. */
  async openRedis({ dir }: Environment): Promise<RunRedis | null> {
    this.#redis ??= await openRedis(join(dir, 'redis'), undefined, () => '').catch(() => null)
    return this.#redis
  }

  /** A PostgreSQL of this run; null where there is none to start. */
  async openPostgres(): Promise<RunPostgres | null> {
    this.#postgres = postgresBin() === null ? null : await openPostgres()
    return this.#postgres
  }

  /** Who takes the spans of this run. */
  async openCollector(): Promise<Collector> {
    this.#collector = await new Collector().listen()
    return this.#collector
  }

  /** What the processes printed last, for the report of a failure. */
  get outputs(): string {
    const printed = this.#children.filter(({ output }) => output !== '')
    return printed.map(({ name, output }) => `${name} printed last:\n${output}\n`).join('')
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill()
    await this.#redis?.close()
    await this.#postgres?.close()
    this.#collector?.close()
    await this.#laravel.close()
    if (this.#dir !== null) await rm(this.#dir, { recursive: true, force: true })
  }
}
