import type { GatewayError } from '../../base/errors.ts'
import type { Stats } from '../session-queries.ts'
import type { OwnedLife } from './owner-table.ts'

/** The sessions of a node that shares its store: they come and go as somebody else decides. */
export interface Residents {
  /** How many are here, those that stand still included. */
  readonly count: number
  /** Whether sessions can be taken up: false while the store is away, and once the process stops. */
  readonly isServing: boolean
  stats(): Stats
  /** Whether this session is here, also if it stands still. */
  has(sessionId: string): boolean
  /** Their streams. */
  streams(): string[]
  /** Those that can be moved without anybody noticing, longest without a message first. */
  idlest(limit: number): string[]
  /** Lets sessions live here that this node has claimed. Never rejects. */
  takeUp(lives: OwnedLife[]): Promise<void>
  /** Something was left for sessions that are here, by a node that could not reach this one. Never rejects. */
  readMail(streamIds: string[]): Promise<void>
  /** Ends sessions that go elsewhere, and resolves with them once nothing of them runs here: their links stay. */
  handOver(sessionIds: string[]): Promise<Pick<OwnedLife, 'streamId' | 'epoch'>[]>
  /** Ends every socket now, whatever the store does; all comes back once it can be begun anew. */
  standStill(why: GatewayError): void
}

/** What makes this process a node again, with nothing running: at its start, and after all had to end. */
export interface Rejoin {
  /** Rejects if the store takes no writes. */
  begin(): Promise<void>
}
