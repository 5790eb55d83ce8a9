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

/** The facts of all sessions as they are committed; costs nothing as long as nobody follows. */
export class CommittedFactsFeed implements CommittedFacts {
  readonly #sql: Statements
  readonly #listeners = new Set<(fact: CommittedFact) => void>()
  readonly #sessionIds = bounded<string>(10_000)
  #head: number

  constructor(sql: Statements) {
    this.#sql = sql
    this.#head = takenPositions(sql)
  }

  /** A write was committed, its last fact at `position`; call it in the order of positions. */
  add({ streamId, events = [] }: EncodedWrite, position: number): void {
    this.#head = position
    if (this.#listeners.size === 0) return
    const sessionId = this.#sessionIdOf(streamId)
    for (const [index, { data, ...event }] of events.entries()) {
      const at = position - events.length + index + 1
      const fact = { ...event, streamId, sessionId, position: at, data: JSON.parse(data) }
      for (const listener of this.#listeners) listener(fact)
    }
  }

  follow(listener: (fact: CommittedFact) => void): { head: number; end(): void } {
    const one = (fact: CommittedFact) => listener(fact)
    this.#listeners.add(one)
    return { head: this.#head, end: () => this.#listeners.delete(one) }
  }

  async between(after: number, until: number, limit: number): Promise<CommittedFact[] | null> {
    const found: CommittedFact[] = []
    const newest = newestSession(this.#sql)
    for (let from = 0; from < newest; from += SLICE) {
      for (const talker of talkersBehind(this.#sql, after, from, from + SLICE)) {
        const facts = factsBehind(this.#sql, talker, after, limit - found.length + 1)
        found.push(...facts.filter(({ position }) => position <= until))
        if (found.length > limit) return null
      }
      await nextTurn()
    }
    return found.sort((a, b) => a.position - b.position)
  }

  /** Nobody is told anything any more. */
  end(): void {
    this.#listeners.clear()
  }

  #sessionIdOf(streamId: string): string {
    const known = this.#sessionIds.get(streamId)
    if (known !== undefined) return known
    const sessionId = sessionIdOf(this.#sql, streamId)
    this.#sessionIds.set(streamId, sessionId)
    return sessionId
  }
}
