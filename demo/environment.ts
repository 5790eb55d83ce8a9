import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { listenAdmin } from '../simulator/admin/server.ts'
import { Simulator } from '../simulator/simulator.ts'
import { ManagerProcess } from './manager-process.ts'
import { StandInLaravel } from './stand-in-laravel.ts'

/** Taken when they are free, others otherwise. */
const PORTS = { manager: 3000, admin: 3001, laravel: 3002 }

const DEATH_KNOWN_WITHIN_MS = 2_000

export interface Answer<T> {
  status: number
  body: T
  /** How long it took. */
  ms: number
}

/** What runs in the demo: WhatsApp, Laravel and the manager. */
export interface DemoEnvironment {
  readonly simulator: Simulator
  readonly laravel: StandInLaravel
  readonly manager: ManagerProcess
  /** Base URLs of the simulator's admin API and of the stand-in Laravel. */
  readonly urls: { admin: string; laravel: string }
  /** One request to the manager; `T` is what a step relies on once it has looked at the status. */
  call<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer<T>>
  /** Ends everybody and removes what they wrote, the manager's log aside if `keepLog`. */
  close(options: { keepLog: boolean }): Promise<void>
}

/** Starts WhatsApp, the stand-in Laravel and the manager. Rejects, with everything closed, if one does not come up. */
export async function startEnvironment(): Promise<DemoEnvironment> {
  const directory = await mkdtemp(join(tmpdir(), 'whatsapp-manager-demo-'))
  const dataDir = join(directory, 'data')
  const closers: (() => unknown)[] = []
  const close = async ({ keepLog }: { keepLog: boolean }) => {
    for (const each of closers.splice(0).reverse()) await each()
    await rm(keepLog ? dataDir : directory, { recursive: true, force: true })
  }
  try {
    const simulator = new Simulator()
    closers.push(() => simulator.close())
    const whatsapp = await simulator.listen()
    const admin = await onFreePort(PORTS.admin, port => listenAdmin(simulator, whatsapp, port))
    closers.push(() => admin.close())
    const laravel = new StandInLaravel()
    const laravelUrl = await onFreePort(PORTS.laravel, port => laravel.listen(port))
    closers.push(() => laravel.close())
    const settings = {
      DATA_DIR: dataDir,
      LARAVEL_URL: laravelUrl,
      WHATSAPP_URL: whatsapp.url,
      WHATSAPP_ROOT_KEY: whatsapp.rootKey,
    }
    const manager = new ManagerProcess(settings, join(directory, 'manager.log'))
    closers.push(() => manager.stop('SIGTERM'))
    await onFreePort(PORTS.manager, port => manager.start(port))

    return {
      simulator,
      laravel,
      manager,
      urls: { admin: admin.url, laravel: laravelUrl },
      async call<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer<T>> {
        const begun = performance.now()
        const response = await fetch(`${manager.url}${path}`, {
          method,
          ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
        }).catch(async (cause: unknown) => {
          // Of a process that died the closed connection is often seen first; its death says more.
          await sleep(DEATH_KNOWN_WITHIN_MS, undefined, { signal: manager.died }).catch(() => {
            throw manager.died.reason
          })
          throw new Error(`${method} ${path} got no answer`, { cause })
        })
        const isJson = response.headers.get('content-type')?.includes('json')
        const answer = isJson ? await response.json() : await response.text()
        return { status: response.status, body: answer as T, ms: Math.round(performance.now() - begun) }
      },
      close,
    }
  } catch (error) {
    await close({ keepLog: false })
    throw error
  }
}

/** Listens on the port that is wanted, or on any other if somebody has it. */
async function onFreePort<T>(wanted: number, listen: (port: number) => Promise<T>): Promise<T> {
  try {
    return await listen(wanted)
  } catch (error) {
    if (error instanceof Error && /EADDRINUSE|is taken/.test(error.message)) return listen(0)
    throw error
  }
}
