import { GatewayError } from '../../base/errors.ts'

/** Of the network; a name that is not found may be found in a moment. */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
  'ERR_STREAM_PREMATURE_CLOSE',
  'TimeoutError',
])
/** Statuses that mean nothing, and these codes with others (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html). */
const TRANSIENT = new Set([
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'OperationAborted',
  'IncompleteBody',
  'BadDigest',
])

/** What came is not what was asked for: too few bytes, or others. */
export class WrongBytes extends Error {
  override readonly name = 'WrongBytes'
}

/** S3's code, or that of the network, and the status of the answer; null if there was none. */
export function failureOf(error: unknown): { code: string; status: number | null } {
  if (error instanceof WrongBytes) return { code: error.message, status: null }
  const told = (error ?? {}) as {
    Code?: unknown
    code?: unknown
    name?: unknown
    $metadata?: { httpStatusCode?: number }
    $response?: { statusCode?: number }
  }
  const status = told.$metadata?.httpStatusCode ?? told.$response?.statusCode ?? null
  const named = [told.code, told.Code, told.name].find(
    one => typeof one === 'string' && /^\w{3,60}$/.test(one),
  )
  const said = String(named ?? 'unknown')
  return { code: status === null || !/^(?:Unknown|Error|\d+)/.test(said) ? said : `HTTP ${status}`, status }
}

/** Whether the same request may do in a moment. */
export function isTransient(error: unknown): boolean {
  if (error instanceof WrongBytes) return true
  const { code, status } = failureOf(error)
  // The next request is signed for the time that the server has told.
  if ((error as { $metadata?: { clockSkewCorrected?: boolean } } | null)?.$metadata?.clockSkewCorrected)
    return true
  if (status === null) return NETWORK.has(code)
  return status >= 500 || status === 429 || status === 408 || TRANSIENT.has(code)
}

export const isAbsent = (error: unknown): boolean => {
  const { code, status } = failureOf(error)
  return status === 404 && code !== 'NoSuchBucket'
}

/**
 * MEDIA_STORE_FAILED, in a sentence for the operator. S3's own error stays behind: it has the id of the key, what was signed with it,
 * and the headers of the request.
 */
export function s3Failure(place: string, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  return new GatewayError('MEDIA_STORE_FAILED', sentence(place, error))
}

/** What is wrong with the configuration; null if it may be right, and the server is not. */
export function wrongConfig(place: string, error: unknown): GatewayError | null {
  const { code, status } = failureOf(error)
  if (isTransient(error) && code !== 'ENOTFOUND') return null
  if (status === null && NETWORK.has(code) && code !== 'ENOTFOUND') return null
  return new GatewayError('BAD_CONFIG', sentence(place, error), { cause: undefined, retryable: false })
}

function sentence(place: string, error: unknown): string {
  const { code, status } = failureOf(error)
  const cannot = `Media cannot be kept in MEDIA_URL=${place} (${code})`
  if (error instanceof WrongBytes) return `${cannot}: its server gave another file than was stored, or a part`
  if (code === 'CredentialsProviderError')
    return `${cannot}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role`
  if (status === null && /region/i.test(String((error as Error | null)?.message)))
    return `${cannot}: set AWS_REGION`
  if (status === null) return `${cannot}: check AWS_ENDPOINT_URL_S3, and the network to its server`
  if (status === 404) return `${cannot}: there is no such bucket, create it or correct MEDIA_URL`
  if (status === 301 || code === 'AuthorizationHeaderMalformed')
    return `${cannot}: the bucket is in another region, correct AWS_REGION`
  if (status === 401 || status === 403)
    return `${cannot}: check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and what the policy of its user allows`
  if (isTransient(error)) return `${cannot}: its server is overloaded or out of order; it is tried again`
  return `${cannot}: its server refuses what is asked`
}
