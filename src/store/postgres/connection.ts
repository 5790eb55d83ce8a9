import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { GatewayError } from '../../base/errors.ts'
import { toError } from '../failures.ts'
import { isConnectionLost, storeFailure } from './failures.ts'

export type Param = string | number | boolean | null | Uint8Array | Param[]

/** Statements by their text, prepared once on each connection; for a fixed set of texts only, and never `SELECT *`. */
export interface Sql {
  all<T>(text: string, ...params: Param[]): Promise<T[]>
  get<T>(text: string, ...params: Param[]): Promise<T | undefined>
  /** Number of changed rows. */
  run(text: string, ...params: Param[]): Promise<number>
}

/** A name for each text, the same on all connections. */
export type Names = (text: string) => string

export function createNames(): Names {
  const names = new Map<string, string>()
  return text => {
    const name = names.get(text) ?? `w${names.size + 1}`
    names.set(text, name)
    return name
  }
}

// https://www.postgresql.org/docs/current/catalog-pg-type.html
const BYTEA = 17
const INT8 = 20
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.slice(2), 'hex'))

/** Numbers here are times, seqs and counts: all below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format !== 'binary' && oid === INT8) return Number
    if (format !== 'binary' && oid === BYTEA) return bytes
    return pg.types.getTypeParser(oid, format as 'text')
  }) as pg.CustomTypesConfig['getTypeParser'],
}

export interface PoolOptions {
  url: string
  /** Where the tables are; null: where the role's search_path leads. */
  schema: string | null
  /** Connections at most. */
  most: number
}

/**
 * Who is silent with an open transaction, as a node that was stopped, is ended by the server: its locks hold up nobody for longer. Who
 * waits for a lock for longer than that asks again. Who hears nothing for `query_timeout` takes the connection for lost, as where a link
 * was cut.
 */
export const IDLE_IN_TRANSACTION_MS = 10_000
const LOCK_TIMEOUT_MS = 12_000
const STATEMENT_TIMEOUT_MS = 15_000

/** `sslmode=require` means what it means to every other client, which hosts write into their URLs: encrypted, the certificate unchecked. */
function asLibpq(url: string): string {
  const isRequired = /[?&]sslmode=(?:require|prefer)(?:&|$)/.test(url)
  return isRequired && !url.includes('uselibpqcompat=') ? `${url}&uselibpqcompat=true` : url
}

/** Of one connection, whoever makes it. */
export const clientConfig = (url: string): pg.ClientConfig => ({
  connectionString: asLibpq(url),
  types,
  application_name: 'whatsapp-manager',
  connectionTimeoutMillis: 5_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
})

export function poolConfig({ url, schema, most }: PoolOptions): pg.PoolConfig & { pipeline: boolean } {
  return {
    ...clientConfig(url),
    max: most,
    pipeline: true,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
    idleTimeoutMillis: 60_000,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    ...(schema !== null && { options: `-c search_path=${schema}` }),
  }
}

/** A pool whose connections may be lost at any moment, also while nobody uses them or one is just given back: they are made anew. */
export function createPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(config)
  // Without a listener the loss of one would end the process.
  pool.on('error', () => {})
  pool.on('connect', client => client.on('error', () => {}))
  return pool
}

/**
 * For statements whose values are lists. The planner would take each call for a cheaper one than any, and plan it anew; how long the lists
 * are changes no plan here. A plan that is kept was made for the tables as they were, perhaps empty: it looks each row up by an index.
 */
export const PLANS_OF_LISTS = `SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off;
  SET enable_mergejoin = off; SET jit = off`

/** A pool for such statements alone. */
export function createListPool(config: pg.PoolConfig): pg.Pool {
  const pool = createPool(config)
  pool.on('connect', client => {
    // Where that is lost the connection is, too.
    client.query(PLANS_OF_LISTS).catch(() => {})
  })
  return pool
}

type Query = (config: pg.QueryConfig) => Promise<pg.QueryResult>

/** The statements of one connection, or of a pool. */
export function statementsOn(query: Query, names: Names): Sql {
  const ask = (text: string, values: Param[]) =>
    query({ name: names(text), text, values: values.map(toValue) as unknown[] })
  return {
    all: async (text, ...params) => (await ask(text, params)).rows,
    get: async (text, ...params) => (await ask(text, params)).rows[0],
    run: async (text, ...params) => (await ask(text, params)).rowCount ?? 0,
  }
}

/** node-postgres knows Buffers, also within lists. */
function toValue(param: Param): unknown {
  if (param instanceof Uint8Array) return Buffer.from(param.buffer, param.byteOffset, param.byteLength)
  return Array.isArray(param) ? param.map(toValue) : param
}

/** How long a read waits before it is asked once more on another connection. */
const AGAIN_AFTER_MS = [20, 200, 1_000]

/** Reads through a pool: of what is committed, on whichever connection; one that is lost is asked for again. */
export function readsOn(pool: pg.Pool, names: Names, isClosed: () => boolean): Sql {
  const query: Query = async config => {
    for (let tries = 0; ; tries++) {
      if (isClosed()) throw new GatewayError('SHUTTING_DOWN', 'The store is closed')
      try {
        return await pool.query(config)
      } catch (error) {
        const wait = AGAIN_AFTER_MS[tries]
        if (wait === undefined || !isConnectionLost(error)) throw toError(storeFailure(error))
        await pause(wait)
      }
    }
  }
  return statementsOn(query, names)
}
