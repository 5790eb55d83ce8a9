import type { Stats } from '../session-queries.ts'
import type { TakenLane } from './lane-leases.ts'

/** One run of a process that shares the database: a restart is another one, and so is whoever lost its lease. */
export interface ClusterNode {
  node: string
  /** Where the other nodes reach it. */
  url: string
  /** Sessions that run there, as of its last renewal. */
  sessions: number
  /** How many it may have; null: any number. */
  maxSessions: number | null
  /** What it counted then; null before the first renewal. */
  stats: Stats | null
}

/** What a node tells with each renewal. */
export type NodeNews = Pick<ClusterNode, 'url' | 'sessions' | 'maxSessions' | 'stats'>

/** `place`: where only one process can be at a time, and this one is. */
export interface NewNode {
  node: string
  /** Empty: it cannot be reached yet. */
  url: string
  place: string
}

/**
 * The nodes whose leases are valid and that do not leave, oldest first, how many sessions nobody has, how many are this node's, and the
 * streams of those for which something lies in the mailbox, at most 100.
 */
export interface Members {
  nodes: ClusterNode[]
  /** Counted up to 10,000. */
  free: number
  own: number
  mail: string[]
}

/** One life of a session under one owner. */
export interface OwnedLife {
  sessionId: string
  streamId: string
  epoch: number
}

/** Where a session runs: `url` is null where nobody has it, or whoever had it has no valid lease any more. */
export interface Whereabouts {
  streamId: string
  node: string | null
  url: string | null
}

/**
 * Which node has which session, and for how long: one lease a node, by the clock of the database. A session is claimed by raising its
 * epoch, so that nothing that an earlier owner still writes is accepted.
 */
export interface OwnerTable {
  /** Makes a new node known, with a lease of `leaseMs` from now on; what stood in the same place before it is gone. */
  join(node: NewNode, leaseMs: number): Promise<void>
  /** Prolongs a lease that is still valid; null: it was over, and this node is nobody's owner any more. */
  renew(node: string, leaseMs: number, news: NodeNews): Promise<Members | null>
  /** Makes the node the owner of a life that nobody else has under a valid lease; null: somebody has, or it is over. */
  claim(node: string, streamId: string): Promise<number | null>
  /** The same, and null also if it is the node's own already. */
  claimIfFree(node: string, streamId: string): Promise<number | null>
  /** The same for as many as `limit` of those that nobody has. */
  claimFree(node: string, limit: number): Promise<OwnedLife[]>
  /** The node takes no more sessions: the others share what it gives up. */
  leaving(node: string): Promise<void>
  /** Gives lives up that are still the node's own, and wakes whoever waits for some. */
  release(node: string, lives: Pick<OwnedLife, 'streamId' | 'epoch'>[]): Promise<void>
  /** Gives up all but these: a claim whose answer was lost is nobody's work. */
  keepOnly(node: string, streamIds: string[]): Promise<void>
  /** Gives up all of them, and the lease. */
  leave(node: string): Promise<void>
  /** Takes lanes that no other node has under a valid lease, and resolves with those. */
  takeLanes(node: string, lanes: string[]): Promise<TakenLane[]>
  giveLanes(node: string, lanes: string[]): Promise<void>
  /** Null: there is no such session. */
  whereIs(sessionId: string): Promise<Whereabouts | null>
  /** Calls back whenever sessions may have become free, on whichever node. */
  onFreed(heard: () => void): void
  close(): Promise<void>
}
