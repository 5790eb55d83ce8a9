import type pg from 'pg'
import type { MediaChange } from '../../ports/media/media-store.ts'
import type { PruneRequest, PruneStep, Store, StoreServer } from '../../ports/store.ts'
import { toError } from '../failures.ts'
import { RecentPeople } from '../recent-people.ts'
import { AbsentMessages } from './absent-messages.ts'
import { CommittedFactsFeed, newestPosition } from './committed-facts.ts'
import { createListPool, createNames, createPool, poolConfig, readsOn, type Sql } from './connection.ts'
import { openingFailure, readOnly, storeFailure } from './failures.ts'
import { GroupCommit } from './group-commit.ts'
import { Listener } from './listener.ts'
import { loginTables } from './logins.ts'
import { createMailbox } from './mailbox.ts'
import { deliveryReads } from './reads/deliveries.ts'
import { downloadReads } from './reads/downloads.ts'
import { keyReads } from './reads/keys.ts'
import { logReads } from './reads/log.ts'
import { messageReads } from './reads/messages.ts'
import { accountEventReads, chatReads, chatTimerReads, mediaReads, peopleReads } from './reads/others.ts'
import { sessionReads } from './reads/sessions.ts'
import { isReadOnlyNow, serverTime } from './server-time.ts'
import { checkServer } from './setup/check-server.ts'
import { migrate } from './setup/migrate.ts'
import { type InTransaction, wholeTransaction } from './transaction.ts'
import { Maintenance } from './upkeep/maintenance.ts'
import { daysOfPartition, makeAhead } from './upkeep/partitions.ts'
import { upkeepTable } from './upkeep-table.ts'
import { Writer } from './writer.ts'

const HOUR = 60 * 60 * 1000
/** Connections for groups of writes: one, and another to ask what became of the last group when that one was lost. */
const FOR_WRITES = 2

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database` */
  url: string
  /** A schema that is there already; null: the first of the role's search_path. */
  schema?: string | null
  now?: () => number
  /** Hears what time it is by the server, in ms since the epoch: before anything is stored, and at each probe. */
  onServerTime?: (at: number) => void
  /** For so long, in ms, a commit waits for a server that went away, before its callers hear that it failed. */
  patienceMs?: number
  /** Connections at most; 4 or more. */
  connections?: number
  /** For how long facts of messages and messages are kept at most, in days; 0: for ever. Partitions are as wide as fits it. */
  keepDays?: number
  /** Of a stanza that was done only the hash stays, whatever became of its message. */
  erasesDone?: boolean
  /** Something that somebody should know of the server, in one line. */
  onWarning?: (line: string) => void
  /** Something too old could not be forgotten, and this is why; all else goes on. */
  onUnforgotten?: (why: string) => void
}

/** A store, and beside it what its server has for the nodes. */
export type PostgresStore = Store & { server: StoreServer }

/**
 * Opens the store in a PostgreSQL database, which any number of nodes may share. Its tables are made or upgraded first.
 * Rejects with BAD_CONFIG (the database cannot be used, or was written by newer code) or STORE_FAILED (it does not answer).
 */
export async function openPostgresStore({
  url,
  schema = null,
  now = Date.now,
  onServerTime = () => {},
  patienceMs = 5_000,
  connections = 10,
  keepDays = 0,
  erasesDone = false,
  onWarning = () => {},
  onUnforgotten = () => {},
}: PostgresOptions): Promise<PostgresStore> {
  const pool = createPool(poolConfig({ url, schema, most: Math.max(connections - FOR_WRITES, 2) }))
  const writes = createListPool(poolConfig({ url, schema, most: FOR_WRITES }))
  const endPools = () => Promise.all([pool.end(), writes.end()])
  const names = createNames()
  let isClosed = false
  const sql = readsOn(pool, names, () => isClosed)
  const days = daysOfPartition(keepDays)
  const inOwnTransaction: InTransaction = work => wholeTransaction(pool, names, work)
  const makePartitions = () => inOwnTransaction(inside => makeAhead(inside, { now: now(), days }))
  let id: string
  let linkKey: Uint8Array
  let head: number
  try {
    await prepare(pool, onWarning)
    onServerTime(await serverTime(sql))
    await makePartitions()
    const own = await sql.get<{ id: string; link_key: Uint8Array }>('SELECT id, link_key FROM store')
    id = own!.id
    linkKey = own!.link_key
    head = await newestPosition(sql)
  } catch (error) {
    await endPools()
    throw openingFailure(error)
  }
  const channel = `facts_${id}`
  const listener = new Listener(pool, channel, () => committed.wake())
  const committed = new CommittedFactsFeed(sql, head, () => listener.start())
  const keepsDone = !erasesDone
  const maintenance = new Maintenance(sql, { keepsDone, onUnforgotten })
  const onCommitted = committed.add.bind(committed)
  const group = new GroupCommit({
    pool: writes,
    ...{ names, now, keepsDone, patienceMs, channel, maintenance, inOwnTransaction, onCommitted },
  })
  const writer = new Writer(items => group.run(items))
  try {
    await group.begin()
  } catch (error) {
    await endPools()
    throw openingFailure(error)
  }
  const upkeep = setInterval(() => {
    makePartitions().catch(error => onUnforgotten(`partitions: ${String(error)}`))
  }, HOUR)
  upkeep.unref()
  return {
    id,
    server: {
      linkKey,
      probe: () => probe(sql, onServerTime),
      logins: loginTables(sql),
      upkeep: upkeepTable(sql),
      mailbox: createMailbox(sql),
    },
    ...tablesOf(sql, writer),
    committed,
    eraseBodies: (before: number, limit: number) => writer.submit<number>({ eraseBodies: { before, limit } }),
    eraseDeleted: (limit: number) => writer.submit<number>({ eraseDeleted: { limit } }),
    prune: (request: PruneRequest) => writer.submit<PruneStep>({ prune: request }),
    async close() {
      if (isClosed) return
      clearInterval(upkeep)
      committed.end()
      await writer.close()
      await maintenance.idle()
      isClosed = true
      await listener.end()
      await group.end()
      await endPools()
    },
  }
}

/** Rejects with STORE_FAILED while the server does not answer, or takes no writes. */
async function probe(sql: Sql, onServerTime: (at: number) => void): Promise<void> {
  if (await isReadOnlyNow(sql, onServerTime)) throw toError(storeFailure(readOnly()))
}

/** Every table of the port, and what writes to each. */
function tablesOf(sql: Sql, writer: Writer) {
  const people = new RecentPeople(peopleReads(sql))
  const absent = new AbsentMessages()
  const forget = (streamId: string) => {
    people.forget(streamId)
    absent.forget(streamId)
  }
  return {
    commit: (write: Parameters<Store['commit']>[0]) => {
      const settled = () => absent.settled(write)
      const committed = writer.write(write)
      committed.then(settled, settled)
      if (write.people) people.handedOver(write.streamId, write.people, committed)
      return committed
    },
    claim: async (streamId: string) => {
      const epoch = await writer.submit<number>({ claim: streamId })
      forget(streamId)
      return epoch
    },
    forget,
    sessions: sessionReads(sql),
    log: logReads(sql),
    keys: keyReads(sql, absent),
    messages: messageReads(sql, absent),
    people,
    chats: chatReads(sql),
    chatTimers: chatTimerReads(sql),
    accountEvents: accountEventReads(sql),
    downloads: {
      ...downloadReads(sql),
      settle: async (...[streamId, seq, outcome]: Parameters<Store['downloads']['settle']>) =>
        void (await writer.submit({ downloaded: { streamId, seq, outcome } })),
    },
    media: {
      ...mediaReads(sql),
      changed: async (media: MediaChange[]) => void (await writer.submit({ media })),
    },
    deliveries: {
      ...deliveryReads(sql),
      settle: async (...[id, outcome, lazy]: Parameters<Store['deliveries']['settle']>) =>
        void (await writer.submit({ settle: { id, outcome } }, lazy)),
    },
  }
}

async function prepare(pool: pg.Pool, onWarning: (line: string) => void): Promise<void> {
  const client = await pool.connect()
  const onError = () => {}
  client.on('error', onError)
  try {
    await checkServer(client, onWarning)
    await migrate(client)
  } finally {
    client.off('error', onError)
    client.release()
  }
}
