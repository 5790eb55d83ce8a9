import type { Writable } from 'node:stream'
import type pg from 'pg'
import { GatewayError } from '../../base/errors.ts'
import { type Names, type Sql, statementsOn } from './connection.ts'
import { codeOf, isConnectionLost, isReadOnly } from './failures.ts'

/** The connection was lost after COMMIT was sent: it may have happened. */
export class UnknownOutcome extends Error {}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const ABORTED = '25P02'

/** The statements of a transaction that are sent and not yet answered: COMMIT goes out right behind them. */
export interface Sent<T> {
  answered: Promise<T>
}

/**
 * Runs `work` as one transaction on a connection of the pool. Rejects with UnknownOutcome if nobody can know yet whether it was
 * committed; on every other rejection nothing of it was.
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  names: Names,
  work: (sql: Sql) => Promise<Sent<T>>,
): Promise<T> {
  const client = await pool.connect()
  let lost: Error | undefined
  // Without a listener the loss of a connection would end the process.
  const onError = (error: Error) => {
    lost = error
  }
  client.on('error', onError)
  const done = (error?: unknown) => {
    client.off('error', onError)
    client.release(error instanceof Error ? error : undefined)
  }
  let first: unknown
  const query = (config: pg.QueryConfig) => {
    inOneWrite(client)
    const answer = client.query(config)
    answer.catch(error => {
      first ??= error
    })
    return answer
  }
  try {
    inOneWrite(client)
    quietly(client.query('BEGIN'))
    const { answered } = await work(statementsOn(query, names))
    const result = await commit(client, answered)
    done(lost)
    return result
  } catch (caught) {
    // What was sent behind a statement that failed says no more than that.
    const error = codeOf(caught) === ABORTED ? (first ?? caught) : caught
    const broken = lost ?? (isConnectionLost(error) || error instanceof UnknownOutcome ? error : undefined)
    // A standby stays one on this connection, whatever the address leads to by now.
    if (broken !== undefined || isReadOnly(error)) done(broken ?? error)
    else await client.query('ROLLBACK').then(() => done(), done)
    throw error
  }
}

/** Runs its work in a transaction of its own. */
export type InTransaction = <T>(work: (sql: Sql) => Promise<T>) => Promise<T>

/** The same where each statement is awaited: COMMIT goes out once `work` is through. */
export const wholeTransaction = <T>(
  pool: pg.Pool,
  names: Names,
  work: (sql: Sql) => Promise<T>,
): Promise<T> => inTransaction(pool, names, async sql => ({ answered: Promise.resolve(await work(sql)) }))

/** Statements that are sent together on one connection of the pool: one after the other, each a transaction of its own. */
export async function inOrder<T>(pool: pg.Pool, names: Names, work: (sql: Sql) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  const query = (config: pg.QueryConfig) => {
    inOneWrite(client)
    return client.query(config)
  }
  try {
    const result = await work(statementsOn(query, names))
    client.release()
    return result
  } catch (error) {
    // What was sent behind the one that failed may be under way.
    client.release(true)
    throw error
  }
}

/** Of a transaction that failed COMMIT makes a ROLLBACK; nobody but this process is waited for while locks are held. */
async function commit<T>(client: pg.PoolClient, answered: Promise<T>): Promise<T> {
  quietly(answered)
  inOneWrite(client)
  const commit = quietly(client.query('COMMIT'))
  try {
    const result = await answered
    const { command } = await commit
    if (command === 'COMMIT') return result
    throw new GatewayError('STORE_FAILED', `PostgreSQL answered COMMIT with ${command}`)
  } catch (error) {
    throw isConnectionLost(error) ? new UnknownOutcome('COMMIT was not answered', { cause: error }) : error
  }
}

/** Whoever awaits it hears that it failed; while nobody does, that is no rejection that nobody handled. */
export function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

const waiting = new WeakSet<Writable>()

/** What is sent in one turn of the event loop leaves in one write to the socket: each is a system call, and wakes the server. */
function inOneWrite(client: pg.PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection
  if (waiting.has(stream)) return
  waiting.add(stream)
  stream.cork()
  process.nextTick(() => {
    waiting.delete(stream)
    stream.uncork()
  })
}
