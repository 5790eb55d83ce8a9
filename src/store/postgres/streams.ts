import { GatewayError } from '../../base/errors.ts'
import type { EncodedWrite } from '../encoded-write.ts'
import type { Failure } from '../failures.ts'
import { refusedWrite } from '../refused-write.ts'
import { foldSearch } from '../tables/search.ts'
import type { Kind } from './bulk.ts'
import { columnsOf, insertMany, unnest } from './bulk.ts'
import type { Param, Sql } from './connection.ts'

/** What must be known of a stream to judge a write, and what of it this group changes. */
interface Stream {
  streamId: string
  sessionId: string
  /** JSON. */
  userId: string
  epoch: number
  lastSeq: number
  /** As the row was when it was locked. */
  was: { epoch: number; lastSeq: number }
  /** Where it stands, by its newest lifecycle fact: so much of the state as has a name of its own. */
  standing: string
  erased: boolean
  changed: boolean
  lastActivity: number
  announced: string | null
  topState: string | null
  since: number | null
  search: string | null
  newest: { state: string; context: string; machineVersion: string } | null
  metadata: string | null
  erasedAt: number | null
  standsStill: string | null
}

type StreamRow = {
  stream_id: string
  session_id: string
  user_id: string
  epoch: number
  last_seq: number
  state: string | null
  erased_at: number | null
}

/** `awaitingQr.shown` of `awaitingQr.shown.ready`. */
const standingIn = (state: string): string => state.split('.').slice(0, 2).join('.')

const UNCHANGED = {
  changed: false,
  lastActivity: 0,
  announced: null,
  topState: null,
  since: null,
  search: null,
  newest: null,
  metadata: null,
  erasedAt: null,
  standsStill: null,
}

const NEW: Record<string, Kind> = {
  stream_id: 'text',
  session_id: 'text',
  user_id: 'text',
  epoch: 'bigint',
  last_seq: 'bigint',
  created_at: 'bigint',
  last_activity: 'bigint',
  owner: 'text',
}

const CHANGED: Record<string, Kind> = {
  stream_id: 'text',
  was_epoch: 'bigint',
  was_seq: 'bigint',
  epoch: 'bigint',
  last_seq: 'bigint',
  last_activity: 'bigint',
  announced: 'text',
  top_state: 'text',
  since: 'bigint',
  search: 'text',
  state: 'text',
  context: 'text',
  machine_version: 'text',
  metadata: 'text',
  erased_at: 'bigint',
}

/** The fence: who is not the owner any more, or does not know the newest fact, changes no row, and the transaction ends by it. */
const SAVE = `WITH changed AS (
  UPDATE sessions s SET epoch = u.epoch, last_seq = u.last_seq, last_activity = greatest(s.last_activity, u.last_activity),
    announced = coalesce(u.announced, s.announced), top_state = coalesce(u.top_state, s.top_state),
    since = coalesce(u.since, s.since),
    search = CASE WHEN u.erased_at IS NULL THEN coalesce(u.search, s.search) ELSE '' END,
    state = CASE WHEN u.erased_at IS NULL THEN coalesce(u.state, s.state) END,
    context = CASE WHEN u.erased_at IS NULL THEN coalesce(u.context, s.context) END,
    machine_version = CASE WHEN u.erased_at IS NULL THEN coalesce(u.machine_version, s.machine_version) END,
    metadata = CASE WHEN u.erased_at IS NULL THEN coalesce(u.metadata, s.metadata) END,
    user_id = CASE WHEN u.erased_at IS NULL THEN s.user_id ELSE 'null' END,
    erased_at = coalesce(u.erased_at, s.erased_at)
  FROM ${unnest(Object.values(CHANGED))} AS u(${Object.keys(CHANGED).join(', ')})
  WHERE s.stream_id = u.stream_id AND s.epoch = u.was_epoch AND s.last_seq = u.was_seq
  RETURNING 1)
SELECT 1 / (CASE WHEN count(*) = $${Object.keys(CHANGED).length + 1} THEN 1 ELSE 0 END) AS fenced FROM changed`

/** So few do that it costs the others nothing. */
const STAND_STILL = 'UPDATE sessions SET still_seq = $2, still_why = $3 WHERE stream_id = $1'

/** The sessions of one group of writes, locked until its commit. */
export class Streams {
  readonly #streams = new Map<string, Stream>()
  readonly #living = new Set<string>()
  readonly #created: Param[][] = []

  /** Locks the streams, in one order for all nodes, and looks which of the session ids are alive. */
  async load(sql: Sql, streamIds: string[], sessionIds: string[]): Promise<void> {
    const [rows, living] = await Promise.all([
      sql.all<StreamRow>(
        `SELECT stream_id, session_id, user_id, epoch, last_seq, state, erased_at FROM sessions
         WHERE stream_id = ANY($1) ORDER BY stream_id FOR UPDATE`,
        streamIds,
      ),
      sessionIds.length === 0
        ? []
        : sql.all<{ session_id: string }>(
            'SELECT session_id FROM sessions WHERE session_id = ANY($1) AND erased_at IS NULL',
            sessionIds,
          ),
    ])
    for (const { session_id } of living) this.#living.add(session_id)
    for (const row of rows)
      this.#streams.set(row.stream_id, {
        ...UNCHANGED,
        streamId: row.stream_id,
        sessionId: row.session_id,
        userId: row.user_id,
        epoch: row.epoch,
        lastSeq: row.last_seq,
        was: { epoch: row.epoch, lastSeq: row.last_seq },
        standing: standingIn(row.state ?? ''),
        erased: row.erased_at !== null,
      })
  }

  sessionIdOf(streamId: string): string {
    return this.#streams.get(streamId)!.sessionId
  }

  /** Why this write cannot be, or null: a conflict of seq or epoch. */
  refuses(write: EncodedWrite): Failure | null {
    return refusedWrite(write, this.#streams.get(write.streamId), id => this.#living.has(id))
  }

  create(
    streamId: string,
    epoch: number,
    { sessionId, userId, at, owner }: NonNullable<EncodedWrite['create']>,
  ): void {
    this.#created.push([streamId, sessionId, userId, epoch, 0, at, at, owner ?? null])
    this.#living.add(sessionId)
    const was = { epoch, lastSeq: 0 }
    const stream = {
      ...UNCHANGED,
      streamId,
      sessionId,
      userId,
      epoch,
      lastSeq: 0,
      was,
      standing: '',
      erased: false,
    }
    this.#streams.set(streamId, stream)
  }

  /** The session id is free again. Returns the seq of the tombstone that follows: what is before it goes. */
  erase(streamId: string, at: number): number {
    const stream = this.#streams.get(streamId)!
    this.#living.delete(stream.sessionId)
    Object.assign(stream, { erased: true, erasedAt: at, changed: true })
    return stream.lastSeq + 1
  }

  /** The projection of a write that was not refused. */
  apply(write: EncodedWrite): void {
    const { streamId, events = [], lastActivity, announced, listedAs, standsStill, metadata } = write
    const stream = this.#streams.get(streamId)!
    if (metadata !== undefined) Object.assign(stream, { metadata, changed: true })
    if (listedAs !== undefined) Object.assign(stream, { topState: listedAs, changed: true })
    if (standsStill !== undefined) Object.assign(stream, { standsStill, changed: true })
    if (lastActivity !== undefined) {
      stream.lastActivity = Math.max(stream.lastActivity, lastActivity)
      stream.changed = true
    }
    if (announced !== undefined) Object.assign(stream, { announced, changed: true })
    for (const { seq, at, snapshot } of events) {
      stream.lastSeq = seq
      stream.changed = true
      if (snapshot === null) continue
      if (standingIn(snapshot.state) !== stream.standing) {
        stream.standing = standingIn(snapshot.state)
        stream.since = at
      }
      const search = foldSearch(stream.sessionId, stream.userId, snapshot.context)
      Object.assign(stream, { newest: snapshot, search: search.replaceAll('\0', '') })
      stream.topState = snapshot.state.split('.')[0]!
    }
  }

  claim(streamId: string): number {
    const stream = this.#streams.get(streamId)
    if (!stream || stream.erased)
      throw new GatewayError('SESSION_NOT_FOUND', `There is no stream ${streamId} to claim`)
    stream.changed = true
    return ++stream.epoch
  }

  /** Sends what is new and what changed; the answer rejects if somebody else changed a stream meanwhile. */
  save(sql: Sql): Promise<unknown> {
    const changed = [...this.#streams.values()].filter(stream => stream.changed)
    const created = insertMany(sql, 'sessions', NEW, this.#created)
    if (changed.length === 0) return created
    const rows = changed.map(stream => [
      stream.streamId,
      stream.was.epoch,
      stream.was.lastSeq,
      stream.epoch,
      stream.lastSeq,
      stream.lastActivity,
      stream.announced,
      stream.topState,
      stream.since,
      stream.search,
      stream.newest?.state ?? null,
      stream.newest?.context ?? null,
      stream.newest?.machineVersion ?? null,
      stream.metadata,
      stream.erasedAt,
    ])
    return Promise.all([
      created,
      sql.get(SAVE, ...columnsOf(rows, Object.keys(CHANGED).length), changed.length),
      ...changed.flatMap(({ streamId, lastSeq, standsStill }) =>
        standsStill === null ? [] : sql.run(STAND_STILL, streamId, lastSeq, standsStill),
      ),
    ])
  }
}
