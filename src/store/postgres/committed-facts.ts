import type { CommittedFact, CommittedFacts } from '../../ports/event-log.ts'
import type { Follower } from '../committed-facts.ts'
import { type EventColumns, toEvent } from '../tables/events.ts'
import type { Sql } from './connection.ts'
import { EVENT } from './reads/log.ts'

/** So many facts of other nodes are told at once; whoever is further behind has to read them. */
const MOST_BEHIND = 10_000

/**
 * The facts of all sessions as they are committed, on whichever node: those of this process are told from memory, those of others are
 * read as soon as something says that there are some. Positions have no gaps, so that each is told once, in their order.
 */
export class CommittedFactsFeed implements CommittedFacts {
  readonly #sql: Sql
  readonly #followers = new Set<Follower>()
  /** Commits of this process that stand behind some of another's. */
  #ahead: CommittedFact[][] = []
  #head: number
  #reading: Promise<void> | null = null
  #again = false
  readonly #onFollowed: () => void

  /** `head`: the newest position; `onFollowed`: somebody wants to hear of other nodes' commits from now on. */
  constructor(sql: Sql, head: number, onFollowed: () => void = () => {}) {
    this.#sql = sql
    this.#head = head
    this.#onFollowed = onFollowed
  }

  /**
   * Facts of one commit of this process up to the position `last`, in the order of its commits; nobody asks for them as long as nobody
   * follows. Never throws: followers that cannot be told are ended.
   */
  add(last: number, facts: () => CommittedFact[]): void {
    if (this.#followers.size === 0) {
      this.#head = Math.max(this.#head, last)
      return
    }
    this.#ahead.push(facts())
    this.#tellAhead()
    if (this.#ahead.length > 0) this.wake()
  }

  /** Others may have committed something. */
  wake(): void {
    if (this.#followers.size === 0) return
    this.#again = true
    this.#reading ??= this.#read()
  }

  async catchUp(): Promise<void> {
    const newest = await newestPosition(this.#sql)
    while (this.#head < newest && this.#followers.size > 0) {
      this.wake()
      await this.#reading
    }
    // Nobody wants to hear of what is before it.
    this.#head = Math.max(this.#head, newest)
  }

  follow(
    tell: (fact: CommittedFact) => void,
    { streamId = null, ended = () => {} }: { streamId?: string | null; ended?: () => void } = {},
  ): { head: number; end(): void } {
    const follower = { streamId, tell, end: ended }
    this.#followers.add(follower)
    this.#onFollowed()
    this.wake()
    return { head: this.#head, end: () => this.#followers.delete(follower) }
  }

  async between(after: number, until: number, limit: number): Promise<CommittedFact[] | null> {
    const rows = await this.#sql.all<EventColumns & { position: number; session_id: string }>(
      // Of a session that was deleted only the tombstone is told.
      `SELECT ${EVENT}, e.position, s.session_id FROM events e JOIN sessions s ON s.stream_id = e.stream_id
       WHERE e.position > $1 AND e.position <= $2 AND (s.erased_at IS NULL OR e.seq >= s.last_seq)
       ORDER BY e.position LIMIT $3`,
      after,
      until,
      limit + 1,
    )
    if (rows.length > limit) return null
    return rows.map(row => ({ ...toEvent(row), sessionId: row.session_id, position: row.position }))
  }

  /** Nobody is told anything any more. */
  end(): void {
    const followers = [...this.#followers]
    this.#followers.clear()
    this.#ahead = []
    for (const follower of followers) follower.end()
  }

  #tellAhead(): void {
    this.#ahead.sort((a, b) => a[0]!.position - b[0]!.position)
    while (this.#ahead.length > 0 && this.#ahead[0]![0]!.position <= this.#head + 1)
      this.#tell(this.#ahead.shift()!)
  }

  /** Those that were told already are left out. */
  #tell(facts: CommittedFact[]): void {
    try {
      for (const fact of facts) {
        if (fact.position <= this.#head) continue
        this.#head = fact.position
        for (const follower of [...this.#followers])
          if ((follower.streamId ?? fact.streamId) === fact.streamId) follower.tell(fact)
      }
    } catch {
      this.#head = Math.max(this.#head, facts.at(-1)!.position)
      this.end()
    }
  }

  async #read(): Promise<void> {
    while (this.#again && this.#followers.size > 0) {
      this.#again = false
      try {
        const newest = await newestPosition(this.#sql)
        if (newest <= this.#head) continue
        const facts = await this.between(this.#head, newest, MOST_BEHIND)
        if (facts === null) this.end()
        else this.#tell(facts)
        // What was erased or removed meanwhile is told to nobody.
        this.#head = Math.max(this.#head, newest)
        this.#tellAhead()
      } catch {
        this.end()
      }
    }
    // Now, and not once others have had their turn: who wakes it then is heard.
    this.#reading = null
  }
}

/** The place of the newest fact that is committed, on whichever node. */
export async function newestPosition(sql: Sql): Promise<number> {
  const row = await sql.get<{ positions: number }>('SELECT positions FROM store')
  return row?.positions ?? 0
}
