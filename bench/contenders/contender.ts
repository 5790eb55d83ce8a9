import { setTimeout as pause } from 'node:timers/promises'
import type { AuthenticationCreds } from '@whiskeysockets/baileys'
import { Child } from '../../harness/child.ts'
import type { Commands, Remote } from '../../harness/rpc.ts'
import type { Address } from '../../simulator/simulator.ts'
import { PROBE_FLAGS } from '../probe/node-flags.ts'
import type { Probe } from '../probe/probe.ts'
import type { AckedFile, FileJob } from '../traffic/file-jobs.ts'
import type { Pair } from '../traffic/pair.ts'
import { Manager } from './manager.ts'
import type { PlainLoop } from './plain-loop.ts'

/** The manager, and what it is compared with. */
export const CONTENDERS = ['manager', 'plain'] as const
export type ContenderName = (typeof CONTENDERS)[number]

const POLL_MS = 10

/** What a measurement asks of the program that it measures; one process. */
export interface Contender {
  readonly probe: Pick<Remote<Probe>, 'call'>
  /** From the start of the process until every session is open. */
  openAll(): Promise<void>
  /** Every session sends so many texts, each after the ack of the last; the acked ids. */
  send(each: number): Promise<string[]>
  /** Every session sends its files, each after the ack of the last. */
  sendFiles(jobs: FileJob[]): Promise<AckedFile[]>
  /** Resolves when the process has ended as it should. */
  stop(): Promise<void>
}

/** The manager, whose sessions come back by themselves. */
export interface ManagerContender extends Contender {
  /** Resolves when every session is open again. */
  allOpen(): Promise<void>
  /** Sessions that wait until they connect again do so now. */
  hurry(): Promise<void>
}

/** A set of sessions that can be opened again and again by a fresh process. */
export interface SessionSet<C extends Contender = Contender> {
  pairs: Pair[]
  /** Of a manager; null for the plain loop. */
  dataDir: string | null
  start(): C
}

export interface ProcessSettings {
  whatsapp: Address
  laravelUrl: string
  concurrency: number
  nodeFlags: string[]
  /** The authority of WhatsApp's media host, a PEM file. */
  mediaCa: string
  /** Where the plain loop keeps what comes in. */
  filesDir: string
  /** Logins that the simulator has seen so far. */
  logins(): Promise<number>
  /** Told of every process, so that none outlives the run. */
  onStart(child: Pick<Child<Commands>, 'kill' | 'name' | 'output'>): void
}

/** Sessions that were linked to the manager with this data directory. */
export function managerSessions(
  processSettings: ProcessSettings,
  pairs: Pair[],
  dataDir: string,
): SessionSet<ManagerContender> {
  return {
    pairs,
    dataDir,
    start() {
      const manager = new Manager({ ...processSettings, dataDir })
      processSettings.onStart(manager.child)
      return {
        probe: manager.child.remote,
        async openAll() {
          // After a restart /stats tells the states from before, until each session has resumed; a login comes later than that.
          const before = await processSettings.logins()
          await manager.started()
          while ((await processSettings.logins()) - before < pairs.length) {
            if (!manager.child.running) throw new Error(`the manager ended:\n${manager.child.output}`)
            await pause(POLL_MS)
          }
          await manager.allOpen(pairs.length)
        },
        allOpen: () => manager.allOpen(pairs.length),
        hurry: () => manager.hurry(),
        send: each => manager.send(pairs, each),
        sendFiles: jobs => manager.sendFiles(jobs),
        stop: () => manager.stop(),
      }
    },
  }
}

/** Sessions that the plain loop logs in with these credentials. */
export function plainLoopSessions(
  processSettings: ProcessSettings,
  pairs: Pair[],
  creds: AuthenticationCreds[],
): SessionSet {
  const logins = pairs.map(({ number }, i) => ({ number, creds: creds[i]! }))
  return {
    pairs,
    dataDir: null,
    start() {
      const { whatsapp, laravelUrl, concurrency, nodeFlags, mediaCa, filesDir } = processSettings
      const child = new Child<PlainLoop & Probe>({
        name: 'the plain loop',
        file: 'bench/contenders/plain-loop.ts',
        env: { NODE_EXTRA_CA_CERTS: mediaCa },
        nodeFlags: [...PROBE_FLAGS, ...nodeFlags],
      })
      processSettings.onStart(child)
      return {
        probe: child.remote as Pick<Remote<Probe>, 'call'>,
        async openAll() {
          await child.remote.call('begin', whatsapp.url, whatsapp.rootKey, laravelUrl, filesDir)
          await child.remote.call('login', logins, concurrency)
        },
        send: each => child.remote.call('send', pairs, each),
        sendFiles: jobs => child.remote.call('sendFiles', jobs),
        async stop() {
          const code = await child.stop()
          if (code !== 0) throw new Error(`the plain loop ended with exit code ${code}:\n${child.output}`)
        },
      }
    },
  }
}
