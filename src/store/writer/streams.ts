import type { EstadoQr } from '../../../machines/facts.ts'
import { bounded } from '../../base/bounded.ts'
import { GatewayError } from '../../base/errors.ts'
import type { AcceptedStatus } from '../../ports/session-table.ts'
import type { EncodedWrite } from '../encoded-write.ts'
import type { Failure } from '../failures.ts'
import { refusedWrite } from '../refused-write.ts'
import type { Statements } from '../statements.ts'
import { foldSearch } from '../tables/search.ts'
import { Positions } from './positions.ts'

/** What the writer must know of a stream to judge a write. */
interface Stream {
  streamId: string
  sessionId: string
  /** JSON. */
  userId: string
  epoch: number
  lastSeq: number
  /** Where it stands, by its newest lifecycle fact: so much of the state as has a name of its own. */
  standing: string
  erased: boolean
}

type StreamRow = {
  session_id: string
  user_id: string
  epoch: number
  last_seq: number
  state: string | null
  erased_at: number | null
}

/** `awaitingQr.shown` of `awaitingQr.shown.ready`. */
const standingIn = (state: string): string => state.split('.').slice(0, 2).join('.')

/** The writer's side of sessions and their log. */
export class Streams {
  readonly #sql: Statements
  readonly #cache = bounded<Stream>(10_000)
  readonly #positions: Positions

  constructor(sql: Statements) {
    this.#sql = sql
    this.#positions = new Positions(sql)
  }

  /** Call after a rollback: what is remembered may not have happened. */
  forget(): void {
    this.#cache.clear()
    this.#positions.forget()
  }

  /** Why this write cannot be, or null: a conflict of seq or epoch. */
  refuses(write: EncodedWrite): Failure | null {
    return refusedWrite(write, this.#find(write.streamId), id =>
      Boolean(this.#sql.get('SELECT 1 FROM sessions WHERE session_id = ? AND erased_at IS NULL', id)),
    )
  }

  create(
    streamId: string,
    epoch: number,
    { sessionId, userId, at }: NonNullable<EncodedWrite['create']>,
  ): void {
    this.#sql.run(
      `INSERT INTO sessions (stream_id, session_id, user_id, epoch, last_seq, created_at, last_activity, state_seq, top_state, search)
       VALUES (?, ?, ?, ?, 0, ?, ?, 0, '', '')`,
      streamId,
      sessionId,
      userId,
      epoch,
      at,
      at,
    )
  }

  describe(streamId: string, metadata: string): void {
    this.#sql.run('UPDATE sessions SET metadata = ? WHERE stream_id = ?', metadata, streamId)
  }

  /** Events and projection of a write that was not refused. Returns the position of its last event, null without any. */
  apply({
    streamId,
    events = [],
    lastActivity,
    announced,
    listedAs,
    standsStill,
  }: EncodedWrite): number | null {
    if (listedAs !== undefined)
      this.#sql.run('UPDATE sessions SET top_state = ? WHERE stream_id = ?', listedAs, streamId)
    const projects = [lastActivity, announced, standsStill].some(value => value !== undefined)
    if (events.length === 0 && !projects) return null
    const stream = this.#find(streamId)!
    let position: number | null = null
    let since: number | null = null
    for (const { seq, at, type, data, snapshot } of events) {
      position = this.#positions.take()
      this.#sql.run(
        'INSERT INTO events (stream_id, seq, at, type, data, state, context, machine_version, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        streamId,
        seq,
        at,
        type,
        data,
        snapshot?.state ?? null,
        snapshot?.context ?? null,
        snapshot?.machineVersion ?? null,
        position,
      )
      stream.lastSeq = seq
      if (snapshot && standingIn(snapshot.state) !== stream.standing) {
        stream.standing = standingIn(snapshot.state)
        since = at
      }
    }
    this.#project(stream, lastActivity, announced, position)
    if (standsStill !== undefined)
      this.#sql.run(
        'UPDATE sessions SET still_seq = ?, still_why = ? WHERE stream_id = ?',
        ...[stream.lastSeq, standsStill, streamId],
      )
    const lifecycle = events.findLast(event => event.snapshot !== null)
    if (lifecycle?.snapshot && !stream.erased)
      this.#sql.run(
        'UPDATE sessions SET state_seq = ?, top_state = ?, since = coalesce(?, since), search = ? WHERE stream_id = ?',
        lifecycle.seq,
        lifecycle.snapshot.state.split('.')[0]!,
        since,
        foldSearch(stream.sessionId, stream.userId, lifecycle.snapshot.context),
        streamId,
      )
    return position
  }

  claim(streamId: string): number {
    const stream = this.#find(streamId)
    if (!stream || stream.erased)
      throw new GatewayError('SESSION_NOT_FOUND', `There is no stream ${streamId} to claim`)
    stream.epoch++
    this.#sql.run('UPDATE sessions SET epoch = ? WHERE stream_id = ?', stream.epoch, streamId)
    return stream.epoch
  }

  /** Records what Laravel has accepted from us; returns whether the session is erased. */
  recordAcceptedStatus({ streamId, estadoQr, at }: AcceptedStatus & { streamId: string }): boolean {
    this.#sql.run(
      'UPDATE sessions SET told_estado = ?, told_at = ? WHERE stream_id = ?',
      estadoQr,
      at,
      streamId,
    )
    return this.#find(streamId)?.erased ?? false
  }

  /** The session id is free again. Returns the seq of the tombstone that follows: what is before it goes. */
  erase(streamId: string, at: number): number {
    this.#sql.run(
      "UPDATE sessions SET user_id = 'null', metadata = NULL, search = '', erased_at = ? WHERE stream_id = ?",
      at,
      streamId,
    )
    const stream = this.#find(streamId)!
    stream.erased = true
    return stream.lastSeq + 1
  }

  #project(
    stream: Stream,
    lastActivity: number | undefined,
    announced: EstadoQr | undefined,
    position: number | null,
  ): void {
    this.#sql.run(
      `UPDATE sessions SET last_seq = ?, last_activity = max(last_activity, ?), announced = coalesce(?, announced),
       last_position = coalesce(?, last_position) WHERE stream_id = ?`,
      stream.lastSeq,
      lastActivity ?? 0,
      announced ?? null,
      position,
      stream.streamId,
    )
  }

  #find(streamId: string): Stream | undefined {
    const known = this.#cache.get(streamId)
    if (known) return known
    const row = this.#sql.get<StreamRow>(
      `SELECT session_id, user_id, epoch, last_seq, state, erased_at FROM sessions s
       LEFT JOIN events e ON e.stream_id = s.stream_id AND e.seq = s.state_seq WHERE s.stream_id = ?`,
      streamId,
    )
    if (!row) return undefined
    const stream = {
      streamId,
      sessionId: row.session_id,
      userId: row.user_id,
      epoch: row.epoch,
      lastSeq: row.last_seq,
      standing: standingIn(row.state ?? ''),
      erased: row.erased_at !== null,
    }
    this.#cache.set(streamId, stream)
    return stream
  }
}
