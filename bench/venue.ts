import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child } from '../harness/child.ts'
import type { Progress } from '../harness/progress.ts'
import type { Commands } from '../harness/rpc.ts'
import type { Scene } from './fleets.ts'
import { Laravel } from './laravel.ts'
import type { World } from './world.ts'

const CONCURRENCY = 10

/** What stands around the programs under test, from the first process to the last file. */
export class Venue {
  readonly #children: Pick<Child<Commands>, 'kill' | 'name' | 'output'>[] = []
  readonly #laravel = new Laravel()
  #dir: string | null = null

  async open(progress: Progress, nodeFlags: string[]): Promise<Scene> {
    const dir = await mkdtemp(join(tmpdir(), 'whatsapp-manager-bench-'))
    this.#dir = dir
    const world = new Child<World>({ name: 'the simulator', file: 'bench/world.ts' })
    this.#children.push(world)
    await this.#laravel.listen()
    const whatsapp = await world.remote.call('listen')
    const mediaCa = join(dir, 'media-ca.pem')
    const filesDir = join(dir, 'files')
    await writeFile(mediaCa, whatsapp.mediaCa)
    await mkdir(filesDir)
    const ground = {
      whatsapp,
      laravelUrl: this.#laravel.url,
      concurrency: CONCURRENCY,
      nodeFlags,
      mediaCa,
      filesDir,
      logins: () => world.remote.call('logins'),
      onStart: (child: Pick<Child<Commands>, 'kill' | 'name' | 'output'>) => this.#children.push(child),
    }
    return { world, laravel: this.#laravel, ground, dir, progress }
  }

  /** What the processes printed last, for the report of a failure. */
  get outputs(): string {
    const spoken = this.#children.filter(({ output }) => output !== '')
    return spoken.map(({ name, output }) => `${name} printed last:\n${output}\n`).join('')
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill()
    await this.#laravel.close()
    if (this.#dir !== null) await rm(this.#dir, { recursive: true, force: true })
  }
}
