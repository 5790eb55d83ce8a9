import type { Said } from './problem.ts'

/** Every error code a caller can meet, with its HTTP status. */
const STATUS = {
  MALFORMED_JSON: 400,
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  ORIGIN_FORBIDDEN: 403,
  READ_ONLY: 403,
  NOT_FOUND: 404,
  SESSION_NOT_FOUND: 404,
  MESSAGE_NOT_FOUND: 404,
  EVENT_NOT_FOUND: 404,
  QR_NOT_AVAILABLE: 404,
  PAIRING_CODE_NOT_AVAILABLE: 404,
  PASSKEY_NOT_ASKED: 404,
  DELIVERY_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  DELETING: 409,
  SESSION_NOT_CONNECTED: 409,
  SESSION_LOGGED_OUT: 409,
  STATE_FORBIDS: 409,
  SESSION_UNREADABLE: 409,
  IDEMPOTENCY_IN_FLIGHT: 409,
  MESSAGES_REMOVED: 410,
  PAYLOAD_TOO_LARGE: 413,
  MEDIA_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  MEDIA_TYPE_UNSUPPORTED: 415,
  VALIDATION_FAILED: 422,
  WHATSAPP_REJECTED: 422,
  NOT_ON_WHATSAPP: 422,
  NOT_GROUP_ADMIN: 422,
  SEND_FAILED: 422,
  MEDIA_URL_FORBIDDEN: 422,
  MEDIA_UNREACHABLE: 422,
  MEDIA_GONE: 422,
  MEDIA_CORRUPT: 422,
  IDEMPOTENCY_MISMATCH: 422,
  TOO_MANY_REQUESTS: 429,
  NEW_CHATS_PAUSED: 429,
  INTERNAL: 500,
  LARAVEL_UNREACHABLE: 502,
  SHUTTING_DOWN: 503,
  NOT_READY: 503,
  STORE_FAILED: 503,
  MEDIA_STORE_FAILED: 503,
  SEQ_CONFLICT: 503,
  EPOCH_CONFLICT: 503,
  DATA_DIR_IN_USE: 503,
  WHATSAPP_UNANSWERED: 504,
  BAD_CONFIG: 500,
} as const satisfies Record<string, number>

export type ErrorCode = keyof typeof STATUS

/** HTTP status that belongs to a code. */
export const statusOf = (code: ErrorCode): (typeof STATUS)[ErrorCode] => STATUS[code]

/**
 * The one error class of the gateway: a code for programs, a sentence for an operator that says what to do next.
 * `retryable` tells whether the same call may work later; `errors` carries messages by field for a 422; `says` names its sentence where it
 * is a problem of the whole service.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly errors: Record<string, string[]> | undefined
  readonly retryAfterSeconds: number | undefined
  readonly says: Said['says'] | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      cause?: unknown
      retryable?: boolean
      errors?: Record<string, string[]>
      retryAfterSeconds?: number
      says?: Said['says'] | undefined
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? STATUS[code] >= 500
    this.errors = options.errors
    this.retryAfterSeconds = options.retryAfterSeconds
    this.says = options.says
  }

  /** HTTP status that belongs to the code. */
  get status(): (typeof STATUS)[ErrorCode] {
    return STATUS[this.code]
  }
}

const PASSING = ['server_away', 'server_busy', 'server_slow']

/**
 * A server of the store gave no answer, and may give one later: until then nobody may act as if there was none. What a file does not give
 * now it will not give later: that is the trouble of whoever asked alone.
 */
export const isUnanswered = (error: unknown): error is GatewayError =>
  error instanceof GatewayError && error.code === 'STORE_FAILED' && PASSING.includes(error.says ?? '')
