import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../base/errors.ts'
import type { AccountEventTable } from '../ports/account-event-table.ts'
import type { EventLog } from '../ports/event-log.ts'
import type { KeyStore } from '../ports/key-store.ts'
import type { ChatTable, ChatTimerTable, MessageTable } from '../ports/message-table.ts'
import type { PeopleTable } from '../ports/people-table.ts'
import type { SessionTable } from '../ports/session-table.ts'
import type { Store } from '../ports/store.ts'
import { asynchronous } from './asynchronous.ts'
import { CommittedFactsFeed } from './committed-facts.ts'
import { storeFailure, toError } from './failures.ts'
import { lockDataDir, makeDataDir } from './lock.ts'
import { RecentDeliveries } from './recent-deliveries.ts'
import { RecentPeople } from './recent-people.ts'
import { createStatements, type Statements } from './statements.ts'
import { accountEventReads } from './tables/account-events.ts'
import { chatTimerReads } from './tables/chat-timers.ts'
import { chatReads } from './tables/chats.ts'
import { type DeliveryAnswers, deliveryReads } from './tables/deliveries.ts'
import { type DownloadReads, downloadReads } from './tables/downloads.ts'
import { logReads } from './tables/events.ts'
import { keyReads } from './tables/keys.ts'
import { type MediaReads, mediaReads } from './tables/media.ts'
import { messageReads } from './tables/messages.ts'
import { peopleReads } from './tables/people.ts'
import { sessionReads } from './tables/sessions.ts'
import { Writer } from './writer/writer.ts'

export interface SqliteOptions {
  /** Directory of the store; made if missing. */
  dataDir: string
  now?: () => number
  /** Upper limit of the file in pages of 4 KiB, for tests of a full disk. */
  maxPages?: number
  /** Of a stanza that was done only the hash stays, whatever became of its message. */
  erasesDone?: boolean
  /** The thread that writes ended: every write fails from now on, and the process must end. */
  onDeath?: (error: GatewayError) => void
  /** Something too old could not be forgotten, and this is why; all else goes on. */
  onUnforgotten?: (why: string) => void
}

/**
 * Opens the store in `dataDir` and locks the directory until `close`. Reads see what is committed at the call;
 * a write must not be changed after it was handed over.
 * Rejects with DATA_DIR_IN_USE, BAD_CONFIG (the directory cannot be used, or was written by newer code) or STORE_FAILED.
 */
export async function openSqliteStore({
  dataDir,
  now = Date.now,
  maxPages,
  erasesDone = false,
  onDeath = () => {},
  onUnforgotten = () => {},
}: SqliteOptions): Promise<Store> {
  makeDataDir(dataDir)
  const unlock = lockDataDir(dataDir)
  let writer: Writer | undefined
  let db: DatabaseSync
  let committed: CommittedFactsFeed | undefined
  let recent: RecentDeliveries | undefined
  try {
    const file = join(dataDir, 'store.sqlite')
    // SQLite's own files take over the mode of this one: credentials are nobody else's business.
    closeSync(openSync(file, 'a', 0o600))
    const limits = { maxPages: maxPages ?? null, keepsDone: !erasesDone }
    writer = await Writer.open(file, now, limits, {
      onDeath,
      onUnforgotten,
      onWritten(write, position) {
        if (position !== null) committed?.add(write, position)
        recent?.written(write)
      },
    })
    db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
  } catch (error) {
    await writer?.close()
    unlock()
    throw error instanceof GatewayError ? error : toError(storeFailure(error))
  }
  const sql = guarded(db)
  const people = new RecentPeople(asynchronous<PeopleTable>(peopleReads(sql)))
  committed = new CommittedFactsFeed(sql)
  const deliveries = deliveryReads(sql)
  recent = new RecentDeliveries(deliveries, (id, outcome, lazy) => writer.settle(id, outcome, lazy))
  return {
    id: sql.get<{ id: string }>('SELECT id FROM store')!.id,
    commit: write => {
      const committed = writer.commit(write, () => recent.nextId())
      if (write.people) people.handedOver(write.streamId, write.people, committed)
      return committed
    },
    claim: streamId => writer.claim(streamId),
    // No other process writes here.
    forget() {},
    eraseBodies: (before, limit) => writer.eraseBodies(before, limit),
    eraseDeleted: limit => writer.eraseDeleted(limit),
    prune: request => writer.prune(request),
    sessions: asynchronous<SessionTable>(sessionReads(sql)),
    log: asynchronous<EventLog>(logReads(sql)),
    committed,
    keys: asynchronous<KeyStore>(keyReads(sql)),
    messages: asynchronous<MessageTable>(messageReads(sql)),
    people,
    chats: asynchronous<ChatTable>(chatReads(sql)),
    chatTimers: asynchronous<ChatTimerTable>(chatTimerReads(sql)),
    downloads: {
      ...asynchronous<DownloadReads>(downloadReads(sql)),
      settle: (streamId, seq, outcome) => writer.downloaded(streamId, seq, outcome),
    },
    media: {
      ...asynchronous<MediaReads>(mediaReads(sql)),
      changed: changes => writer.mediaChanged(changes),
    },
    accountEvents: asynchronous<AccountEventTable>(accountEventReads(sql)),
    deliveries: {
      ...asynchronous<DeliveryAnswers>({
        ...deliveries,
        head: lane => recent.head(lane),
        hasNext: (lane, id) => recent.hasNext(lane, id),
      }),
      settle: (id, outcome, lazy) => recent.settle(id, outcome, lazy),
    },
    async close() {
      committed.end()
      if (db.isOpen) db.close()
      await writer.close()
      unlock()
    },
  }
}

/** Statements whose errors are the gateway's. */
function guarded(db: DatabaseSync): Statements {
  const sql = createStatements(db)
  const guard = <T>(read: () => T): T => {
    if (!db.isOpen) throw new GatewayError('SHUTTING_DOWN', 'The store is closed')
    try {
      return read()
    } catch (error) {
      throw toError(storeFailure(error))
    }
  }
  return {
    all: (text, ...params) => guard(() => sql.all(text, ...params)),
    get: (text, ...params) => guard(() => sql.get(text, ...params)),
    takeWhile: (text, wanted, ...params) => guard(() => sql.takeWhile(text, wanted, ...params)),
    run: (text, ...params) => guard(() => sql.run(text, ...params)),
  }
}
