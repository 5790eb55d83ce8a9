import type { Child } from '../../harness/child.ts'
import type { Commands, Remote } from '../../harness/rpc.ts'
import type { Address } from '../../simulator/simulator.ts'
import type { Probe } from '../probe/probe.ts'
import type { ServerWork } from '../probe/server-work.ts'
import type { AckedFile, FileJob } from '../traffic/file-jobs.ts'
import type { Membership, Pair } from '../traffic/pair.ts'

/** The manager with each of its queues and stores, and traced, and what it is compared with: a careful script, and the least that Baileys can cost. */
export const CONTENDERS = ['manager', 'redis', 'postgres', 'traced', 'careful', 'plain'] as const
export type ContenderName = (typeof CONTENDERS)[number]
/** Those that run unless others are named: nobody is traced, or needs a server, who does not ask for it. */
export const USUAL: readonly ContenderName[] = ['manager', 'redis', 'careful', 'plain']

/** What a measurement asks of the program that it measures; one process. */
export interface Contender {
  /** The process of the program. */
  readonly pid: number
  /** What is counted: that process, and the servers that it needs. */
  readonly pids: readonly number[]
  /** The process from inside; only where the settings say `probed`. */
  readonly probe: Pick<Remote<Probe>, 'call'>
  /** From the start of the process until every session is open. */
  openAll(): Promise<void>
  /** Every session sends so many texts, each after the ack of the last; the acked ids. */
  send(each: number): Promise<string[]>
  /** The same in groups. */
  sendToGroups(memberships: Membership[], each: number): Promise<string[]>
  /** Every session sends its files, each after the ack of the last. */
  sendFiles(jobs: FileJob[]): Promise<AckedFile[]>
  /** What servers beside the process have done for it; not there where it has none. */
  serverWork?(): Promise<ServerWork>
  /** Ends the process as a loss of power does. */
  kill(): Promise<void>
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
  /** Of a manager; null for the plain loops. */
  dataDir: string | null
  start(): C
}

export interface ProcessSettings {
  whatsapp: Address
  laravelUrl: string
  concurrency: number
  nodeFlags: string[]
  /** Loads the probe into the process; without it, it is as its users have it. */
  probed: boolean
  /** Where the manager has its queue unless told otherwise; null: in its process. */
  redisUrl: string | null
  /** The authority of WhatsApp's media host, a PEM file. */
  mediaCa: string
  /** Where the plain loop keeps what comes in. */
  filesDir: string
  /** Logins that the simulator has seen so far. */
  logins(): Promise<number>
  /** Told of every process, so that none outlives the run. */
  onStart(child: Pick<Child<Commands>, 'kill' | 'name' | 'output'>): void
}
