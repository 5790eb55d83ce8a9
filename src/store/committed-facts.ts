import { setImmediate as nextTurn } from 'node:timers/promises'
import { bounded } from '../base/bounded.ts'
import type { CommittedFact, CommittedFacts } from '../ports/event-log.ts'
import type { EncodedWrite } from './encoded-write.ts'
import type { Statements } from './statements.ts'
import {
  factsBehind,
  newestSession,
  sessionIdOf,
  takenPositions,
  talkersBehind,
} from './tables/committed-facts.ts'

/** So many sessions are looked at in one turn of the event loop. */
const SLICE = 100

export interface Follower {
  /** The stream that it follows; null: all. */
  streamId: string | null
  tell(fact: CommittedFact): void
  end(): void
}

/** The facts of all sessions as they are committed; costs nothing as long as nobody follows. */
export class CommittedFactsFeed implements CommittedFacts {
  readonly #sql: Statements
  readonly #followers = new Set<Follower>()
  readonly #sessionIds = bounded<string>(10_000)
  #head: number

  constructor(sql: Statements) {
    this.#sql = sql
    this.#head = takenPositions(sql)
  }

  /**
   * A write was committed, its last fact at `position`; call it in the order of positions. Never throws: followers that cannot be told
   * are ended.
   */
  add(write: EncodedWrite, position: number): void {
    this.#head = position
    const followers = [...this.#followers].filter(
      ({ streamId }) => (streamId ?? write.streamId) === write.streamId,
    )
    if (followers.length === 0) return
    try {
      for (const fact of this.#factsOf(write, position)) for (const follower of followers) follower.tell(fact)
    } catch {
      this.end()
    }
  }

  /** No other process commits anything. */
  async catchUp(): Promise<void> {}

  follow(
    tell: (fact: CommittedFact) => void,
    { streamId = null, ended = () => {} }: { streamId?: string | null; ended?: () => void } = {},
  ): { head: number; end(): void } {
    const follower = { streamId, tell, end: ended }
    this.#followers.add(follower)
    return { head: this.#head, end: () => this.#followers.delete(follower) }
  }

  async between(after: number, until: number, limit: number): Promise<CommittedFact[] | null> {
    const found: CommittedFact[] = []
    const newest = newestSession(this.#sql)
    for (let from = 0; from < newest; from += SLICE) {
      for (const talker of talkersBehind(this.#sql, after, from, from + SLICE)) {
        found.push(...factsBehind(this.#sql, talker, after, until, limit - found.length + 1))
        if (found.length > limit) return null
      }
      await nextTurn()
    }
    return found.sort((a, b) => a.position - b.position)
  }

  /** Nobody is told anything any more. */
  end(): void {
    const followers = [...this.#followers]
    this.#followers.clear()
    for (const follower of followers) follower.end()
  }

  #factsOf({ streamId, events = [] }: EncodedWrite, position: number): CommittedFact[] {
    const sessionId = this.#sessionIdOf(streamId)
    const before = position - events.length
    return events.map(({ data, ...event }, index) => ({
      ...event,
      streamId,
      sessionId,
      position: before + index + 1,
      data: JSON.parse(data),
    }))
  }

  #sessionIdOf(streamId: string): string {
    const known = this.#sessionIds.get(streamId)
    if (known !== undefined) return known
    const sessionId = sessionIdOf(this.#sql, streamId)
    this.#sessionIds.set(streamId, sessionId)
    return sessionId
  }
}
