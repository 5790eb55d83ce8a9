import { GatewayError } from '../../base/errors.ts'
import type { Said } from '../../base/problem.ts'
import { type Failure, toError, toFailure } from '../failures.ts'

/** PostgreSQL's five characters, the system's code of a connection that failed, or null. https://www.postgresql.org/docs/current/errcodes-appendix.html */
export function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null
  return typeof error.code === 'string' ? error.code : null
}

const hasClass = (code: string | null, ...classes: string[]) =>
  code !== null && code.length === 5 && classes.includes(code.slice(0, 2))

// What node-postgres says of a connection that ended under a query has no code.
const ENDED =
  /^(?:Connection terminated|Client has encountered a connection error|Query read timeout|timeout e?xc?)/i

/** The connection is gone, or of no more use: nobody knows what became of what was sent last. */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error)
  if (code === null) return error instanceof Error && ENDED.test(error.message)
  if (/^(?:E[A-Z]+|57P0[1-5]|25P03)$/.test(code)) return true
  return hasClass(code, '08')
}

/** As the server refuses a write while it is read-only. */
export const readOnly = () => Object.assign(new Error('it is read-only'), { code: '25006' })

/** It is a standby, or was one when this connection was made: another may lead to its successor. */
export const isReadOnly = (error: unknown) => codeOf(error) === '25006'

/** The server undid what was asked because of somebody else: the same may work at once. */
export const isCollision = (error: unknown) =>
  ['40001', '40P01', '55P03', '57014'].includes(codeOf(error) ?? '')

/** Whether one write was to blame, so that the others of its commit may go on. */
export function isWritesOwnFault(error: unknown): boolean {
  if (error instanceof GatewayError) return error.code !== 'STORE_FAILED'
  const code = codeOf(error)
  return hasClass(code, '22', '23', '54') || (code === null && !isConnectionLost(error))
}

/** The refusal of one write; what was to be stored is not repeated in it. */
export function refusal(error: unknown): Failure {
  if (error instanceof GatewayError) return toFailure(error)
  const { constraint = '', table = '' } = error as { constraint?: string; table?: string }
  if (codeOf(error) === '23505' && /^(?:events|sessions)/.test(table))
    return {
      code: 'SEQ_CONFLICT',
      message: `This fact is already in the log: ${constraint}`,
      retryable: false,
    }
  if (codeOf(error) === '23505' && /^message/.test(table))
    return { code: 'CONFLICT', message: `This message is already stored: ${constraint}`, retryable: false }
  const why = codeOf(error) ?? (error instanceof Error ? error.message : String(error))
  return { code: 'INTERNAL', message: `The store cannot take this write: ${why}`, retryable: false }
}

/** What mends it, by code or by class of codes. */
const MENDS: [RegExp, Said['says'], string][] = [
  [/^53100$/, 'server_full', 'its disk is full: free some space'],
  [
    /^53/,
    'server_busy',
    'it has no room for one more connection, or no memory: raise max_connections, or end other programs',
  ],
  [
    /^(?:57014|55P03|40...)$/,
    'server_slow',
    'it is too slow, or others hold its rows: see pg_stat_activity, and what its disk does',
  ],
  [
    /^25006$/,
    'server_read_only',
    'it is read-only, as a standby is: wait for the failover, or check DATABASE_URL',
  ],
  [/^(?:58|XX)/, 'server_fails', 'its disk fails, or its files are damaged: see its own log'],
  [/^42501$/, 'server_rights', 'its role may not do this: see the README for what it has to be granted'],
  [/^(?:E[A-Z]+|08...|57P0.)$/, 'server_away', 'it does not answer: check that it runs, and DATABASE_URL'],
]

/** The failure of a whole commit, or of a read. */
export function storeFailure(error: unknown): Failure {
  const code = codeOf(error) ?? (isConnectionLost(error) ? 'ECONNRESET' : '')
  const [, says, mend] = MENDS.find(([codes]) => codes.test(code)) ?? [
    null,
    'server_unclear' as const,
    'see its log',
  ]
  const why = error instanceof Error ? error.message : String(error)
  return {
    code: 'STORE_FAILED',
    message: `PostgreSQL cannot be used at the moment (${code || why}): ${mend}`,
    retryable: true,
    says,
  }
}

const NO_TLS = /does not support SSL/i
/** Node's codes of a certificate that is not believed. https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const NOT_TRUSTED = /CERT|UNABLE_TO_(?:GET_ISSUER|VERIFY)/

/** What stops the start, by what a server or the connection to it says; null: it may mend itself. */
function cannotBeUsed(code: string, why: string): string | null {
  if (NO_TLS.test(why)) return 'its server has no TLS: leave sslmode out, or turn TLS on there'
  if (NOT_TRUSTED.test(code))
    return `its certificate is not trusted (${code}): name its CA with sslrootcert=, or encrypt without checking it, with sslmode=require`
  if (code === '42P07')
    return `another program has tables there (${why}): use a database of its own, or a schema (?options=-c%20search_path%3Dwhatsapp)`
  return /^(?:28|3D|3F|42|0A)/.test(code) ? why : null
}

/** What only another setting mends stops the start; what may mend itself is a failure of the store. */
export function openingFailure(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  const why = cannotBeUsed(codeOf(error) ?? '', error instanceof Error ? error.message : String(error))
  if (why === null) return toError(storeFailure(error))
  return new GatewayError('BAD_CONFIG', `DATABASE_URL cannot be used: ${why}`, {
    cause: error,
    retryable: false,
  })
}
