import { type MessageStatus, movesForward } from '../../../messages/status.ts'
import type { EncodedWrite, MessageInsert, MessageUpdate } from '../../encoded-write.ts'
import { listIn, objectIn } from '../../tables/stored-json.ts'
import { insertMany, type Kind, unnest, updateMany } from '../bulk.ts'
import type { Param, Sql } from '../connection.ts'

/** A send as it is from now on. */
interface Sent {
  streamId: string
  seq: number
  at: number
  status: MessageStatus
  attempts: number
  error: string | null
  history: string
  /** Null: as it was. */
  content: string | null
  proto: Uint8Array | null
  mediaId: string | null
}

type SentColumns = Omit<Sent, 'streamId' | 'content' | 'proto' | 'mediaId'> & {
  stream_id: string
  message_id: string
}
type New = Sent & { insert: MessageInsert }

const UPDATED: Record<string, Kind> = {
  stream_id: 'text',
  seq: 'bigint',
  at: 'bigint',
  status: 'text',
  attempts: 'bigint',
  error: 'text',
  history: 'text',
  content: 'text',
  proto: 'bytea',
  media_id: 'text',
}
const INSERTED: Record<string, Kind> = {
  ...UPDATED,
  message_id: 'text',
  chat_id: 'text',
  direction: 'text',
  dedupe_key: 'text',
  secret: 'bytea',
}

const keyOf = (streamId: string, name: string | number) => `${streamId}\0${name}`
const isUnderWay = (status: MessageStatus) => status === 'queued' || status === 'transmitted'

/** The file of a send; null without one. */
export function mediaOf(content: string): string | null {
  const media = content.includes('"media"') ? objectIn(content)?.media : null
  const id = media && typeof media === 'object' && 'id' in media ? media.id : null
  return typeof id === 'string' ? id : null
}

/** The messages of one group of writes: what is said of one is folded here, and each becomes one row of one statement. */
export class MessageWrites {
  readonly #sent = new Map<string, Sent>()
  readonly #taken = new Set<string>()
  #new: New[] = []
  #changed = new Set<Sent>()
  #reread = new Map<string, [streamId: string, seq: number, content: string]>()

  /** Looks up the sends that something is said of, and which of the dedupe keys are taken; their streams are locked by then. */
  async load(sql: Sql, writes: EncodedWrite[]): Promise<void> {
    const sends: [string[], string[]] = [[], []]
    const keys: [string[], string[]] = [[], []]
    for (const { streamId, messages = [] } of writes)
      for (const message of messages) {
        if ('reread' in message) continue
        const isNew = 'insert' in message
        const [streams, names] = isNew ? keys : sends
        streams.push(streamId)
        names.push(isNew ? message.insert.dedupeKey : Object.values(message)[0]!.messageId)
      }
    const [found, taken] = await Promise.all([
      sends[0].length === 0
        ? []
        : sql.all<SentColumns>(
            `SELECT m.stream_id, m.message_id, m.seq, m.at, m.status, m.attempts, m.error, m.history
             FROM (SELECT DISTINCT * FROM ${unnest(['text', 'text'])}) AS u(stream_id, message_id)
             JOIN messages m ON m.stream_id = u.stream_id AND m.message_id = u.message_id
             WHERE m.direction = 'out' ORDER BY m.seq`,
            ...sends,
          ),
      keys[0].length === 0
        ? []
        : sql.all<{ stream_id: string; dedupe_key: string }>(
            `SELECT k.stream_id, k.dedupe_key FROM ${unnest(['text', 'text'])} AS u(stream_id, dedupe_key)
             JOIN message_keys k ON k.stream_id = u.stream_id AND k.dedupe_key = u.dedupe_key WHERE NOT k.gone`,
            ...keys,
          ),
    ])
    for (const { stream_id: streamId, message_id: id, ...row } of found)
      this.#sent.set(keyOf(streamId, id), { ...row, streamId, content: null, proto: null, mediaId: null })
    for (const { stream_id, dedupe_key } of taken) this.#taken.add(keyOf(stream_id, dedupe_key))
  }

  /** The dedupe key of a message that is there already; null: all of the write's are new. */
  conflict({ streamId, messages = [], erase }: EncodedWrite): string | null {
    const own = new Set<string>()
    for (const message of messages) {
      if (!('insert' in message)) continue
      const key = keyOf(streamId, message.insert.dedupeKey)
      if (own.has(key) || (erase !== 'stream' && this.#taken.has(key))) return message.insert.dedupeKey
      own.add(key)
    }
    return null
  }

  add({ streamId, messages = [] }: EncodedWrite): void {
    for (const message of messages)
      if ('insert' in message) this.#insert(streamId, message.insert)
      else if ('reread' in message) this.#readAgain(streamId, message.reread)
      else this.#say(streamId, message)
  }

  /** A stream was erased: nothing of it is known any more. */
  forget(streamId: string): void {
    const isIts = (key: string) => key.startsWith(keyOf(streamId, ''))
    for (const key of this.#sent.keys()) if (isIts(key)) this.#sent.delete(key)
    for (const key of this.#taken) if (isIts(key)) this.#taken.delete(key)
  }

  flush(sql: Sql): Promise<unknown> {
    const [added, changed, reread] = [this.#new, [...this.#changed], [...this.#reread.values()]]
    this.#new = []
    this.#changed = new Set()
    this.#reread = new Map()
    const columns = (row: Sent): Param[] => [
      row.streamId,
      row.seq,
      row.at,
      row.status,
      row.attempts,
      row.error,
      row.history,
      row.content,
      row.proto,
      row.mediaId,
    ]
    const news = added.map(row => {
      const { messageId, chatId, direction, dedupeKey, secret } = row.insert
      return [...columns(row), messageId, chatId, direction, dedupeKey, secret ?? null]
    })
    const sent = Promise.all([
      insertMany(
        sql,
        'message_keys',
        { stream_id: 'text', dedupe_key: 'text', seq: 'bigint', at: 'bigint' },
        added.map(({ streamId, seq, at, insert }) => [streamId, insert.dedupeKey, seq, at]),
        // One that was removed arrives once more; who locks the stream knows that no other is there.
        'ON CONFLICT (stream_id, dedupe_key) DO UPDATE SET seq = excluded.seq, at = excluded.at, gone = false WHERE message_keys.gone',
      ),
      insertMany(sql, 'messages', INSERTED, news),
      updateMany(
        sql,
        'messages m',
        {
          set: `status = u.status, attempts = u.attempts, error = u.error, history = u.history, content = coalesce(u.content, m.content),
            proto = coalesce(u.proto, m.proto), media_id = CASE WHEN u.content IS NULL THEN m.media_id ELSE u.media_id END`,
          columns: UPDATED,
          where: 'm.stream_id = u.stream_id AND m.seq = u.seq AND m.at = u.at',
        },
        changed.map(columns),
      ),
      updateMany(
        sql,
        'messages m',
        {
          set: 'content = u.content, proto = NULL',
          columns: { stream_id: 'text', seq: 'bigint', content: 'text' },
          where: 'm.stream_id = u.stream_id AND m.seq = u.seq',
        },
        reread,
      ),
    ])
    for (const row of [...added, ...changed]) Object.assign(row, { content: null, proto: null })
    return sent
  }

  #insert(streamId: string, insert: MessageInsert): void {
    const { messageId, direction, dedupeKey, content, proto, status, seq, at, forLaravel } = insert
    const history = JSON.stringify([{ status, at, forLaravel }])
    const mediaId = direction === 'out' ? mediaOf(content) : null
    const row = {
      ...{
        streamId,
        seq,
        at,
        status,
        attempts: 0,
        error: null,
        history,
        content,
        proto: proto ?? null,
        mediaId,
      },
      insert,
    }
    this.#new.push(row)
    this.#taken.add(keyOf(streamId, dedupeKey))
    if (direction === 'out') this.#sent.set(keyOf(streamId, messageId), row)
  }

  #readAgain(streamId: string, { seq, content }: { seq: number; content: string }): void {
    const added = this.#new.find(row => row.streamId === streamId && row.seq === seq)
    if (added) Object.assign(added, { content, proto: null })
    else this.#reread.set(keyOf(streamId, seq), [streamId, seq, content])
  }

  #say(
    streamId: string,
    message: Exclude<
      NonNullable<EncodedWrite['messages']>[number],
      { insert: unknown } | { reread: unknown }
    >,
  ): void {
    const { messageId } = Object.values(message)[0]!
    const row = this.#sent.get(keyOf(streamId, messageId))
    if (row === undefined || !changes(row, message)) return
    if (!this.#new.includes(row as New)) this.#changed.add(row)
  }
}

/** Whether anything is another thing from now on. */
function changes(
  row: Sent,
  message: Exclude<NonNullable<EncodedWrite['messages']>[number], { insert: unknown } | { reread: unknown }>,
): boolean {
  if ('update' in message) return progresses(row, message.update)
  if ('prepared' in message) {
    row.content = message.prepared.content
    row.mediaId = mediaOf(row.content)
  } else if ('encoded' in message) row.proto = message.encoded.proto
  else if (!isUnderWay(row.status)) return false
  else Object.assign(row, { attempts: Math.max(row.attempts - 1, 0), error: message.refused.error })
  return true
}

function progresses(row: Sent, { status, at, error, attempt }: MessageUpdate): boolean {
  const moves = movesForward(row.status, status)
  if (!moves && !attempt) return false
  const step = { status, at, ...(error !== undefined && { error }) }
  if (moves) Object.assign(row, { status, history: JSON.stringify([...listIn(row.history), step]) })
  if (attempt) row.attempts++
  row.error = error ?? null
  return true
}
