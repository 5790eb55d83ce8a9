import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { Problem, Said } from '../../base/problem.ts'
import type { SessionRow } from '../../ports/session-table.ts'
import type { Store, Write } from '../../ports/store.ts'
import { statusDeliveryOf } from '../host/status-announcement.ts'
import { sentenceOf, standingStill } from '../host/stored-session.ts'

export interface QuarantineDeps {
  store: Pick<Store, 'commit' | 'claim' | 'log'>
  clock: Clock
  logger: Logger
  tellLaravel: boolean
  onDelivery(lane: string): void
}

/** Sessions named in one warning. */
const NAMED = 20

/**
 * Sessions that are stored and cannot be run here. Their newest rows stay as they are, for a version that understands them: all that is
 * written is one fact that says why, and what Laravel must know.
 */
export class Quarantine {
  readonly #deps: QuarantineDeps
  readonly #why = new Map<string, string>()
  readonly #streams = new Map<string, string>()
  /** Sessions that somebody takes up now. */
  readonly #leaving = new Map<string, Promise<void>>()
  /** Of these it is being written that they stand still: nobody takes one up meanwhile. */
  readonly #telling = new Map<string, Promise<void>>()

  constructor(deps: QuarantineDeps) {
    this.#deps = deps
  }

  /** Why this session does not run, in a sentence; null if it is not in here. */
  whyOf(sessionId: string): string | null {
    return this.#why.get(sessionId) ?? null
  }

  get size(): number {
    return this.#why.size
  }

  /** The lives that stand still. */
  streams(): string[] {
    return [...this.#why.keys()].flatMap(sessionId => this.#streams.get(sessionId) ?? [])
  }

  release(sessionId: string): void {
    this.#why.delete(sessionId)
    this.#streams.delete(sessionId)
  }

  releaseAll(): void {
    this.#why.clear()
    this.#streams.clear()
  }

  /** Lets one at a time take a session up, as long as it stands still: whoever asks meanwhile finds what became of it. */
  async takeUp(sessionId: string, attempt: () => Promise<unknown>): Promise<void> {
    const before = this.#leaving.get(sessionId) ?? Promise.resolve()
    const turn = before
      .catch(() => {})
      .then(async () => {
        await this.#telling.get(sessionId)
        if (this.#why.has(sessionId)) await attempt()
      })
    this.#leaving.set(sessionId, turn)
    try {
      await turn
    } finally {
      if (this.#leaving.get(sessionId) === turn) this.#leaving.delete(sessionId)
    }
  }

  /** Takes a session in. Never rejects: who cannot be told of it sees it in GET /sessions all the same. */
  async take(row: SessionRow, why: unknown): Promise<void> {
    const { sessionId } = row
    const { logger } = this.#deps
    const sentence = sentenceOf(why)
    this.#why.set(sessionId, sentence)
    this.#streams.set(sessionId, row.streamId)
    logger.error({ session_id: sessionId, why: sentence }, 'session cannot be read and stands still')
    const told = this.#tell(row, sentence).catch(error => {
      const code = error instanceof GatewayError ? error.code : 'INTERNAL'
      logger.warn({ session_id: sessionId, code }, 'nothing can be written of a session that stands still')
    })
    this.#telling.set(sessionId, told)
    await told
    if (this.#telling.get(sessionId) === told) this.#telling.delete(sessionId)
  }

  warning(): Problem | null {
    if (this.#why.size === 0) return null
    return warningOf(
      { code: 'SESSION_UNREADABLE', says: 'stand_still' },
      [...this.#why.keys()],
      'cannot be read and stand still: GET /sessions/{id} says why, DELETE erases one',
    )
  }

  async #tell(row: SessionRow, error: string): Promise<void> {
    const { store, clock, tellLaravel, onDelivery } = this.#deps
    const { streamId, lastSeq } = row
    const [newest] = await store.log.after(streamId, lastSeq - 1, 1)
    const isTold = newest?.type === 'session.quarantined'
    if (isTold && row.standsStill === error) return
    const epoch = await store.claim(streamId)
    // For whoever shows it and does not run it.
    if (isTold) return store.commit({ streamId, epoch, standsStill: error })
    const [seq, at] = [lastSeq + 1, clock.now()]
    const { state, context } = standingStill(row, error)
    const news = row.announced !== null && row.announced !== 'inactive'
    const delivers = news && tellLaravel
    const write: Write = {
      streamId,
      epoch,
      events: [{ seq, at, type: 'session.quarantined', data: { error }, snapshot: null }],
      ...(news && { announced: 'inactive' as const }),
      listedAs: 'reconnecting',
      standsStill: error,
      ...(delivers && {
        deliveries: [statusDeliveryOf(streamId, seq, at, 'inactive', state, context, row.metadata)],
      }),
    }
    await store.commit(write)
    if (delivers) onDelivery(streamId)
  }
}

/** A warning about some sessions, the first of which it names. */
export function warningOf(
  { code, says }: Pick<Problem, 'code'> & Pick<Said, 'says'>,
  sessionIds: string[],
  what: string,
): Problem {
  const { length } = sessionIds
  const sessions = sessionIds.slice(0, NAMED).join(', ')
  const more = length > NAMED ? ` and ${length - NAMED} more` : ''
  const message = `${length} ${length === 1 ? 'session' : 'sessions'} ${what} (${sessions}${more}).`
  const values = { count: length, sessions: length > NAMED ? `${sessions}, …` : sessions }
  return { code, message, said: [{ says, values }] }
}
