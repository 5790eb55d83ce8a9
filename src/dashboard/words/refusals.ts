import type { ErrorCode } from '../../base/errors.ts'

/** What the service may refuse to the scripts of the pages; what else it may is told as the service says it. */
export const PAGE_REFUSALS = [
  'UNAUTHENTICATED',
  'ORIGIN_FORBIDDEN',
  'READ_ONLY',
  'NOT_FOUND',
  'SESSION_NOT_FOUND',
  'EVENT_NOT_FOUND',
  'QR_NOT_AVAILABLE',
  'PAIRING_CODE_NOT_AVAILABLE',
  'PASSKEY_NOT_ASKED',
  'DELIVERY_NOT_FOUND',
  'CONFLICT',
  'DELETING',
  'SESSION_NOT_CONNECTED',
  'SESSION_LOGGED_OUT',
  'STATE_FORBIDS',
  'SESSION_UNREADABLE',
  'MESSAGES_REMOVED',
  'VALIDATION_FAILED',
  'TOO_MANY_REQUESTS',
  'INTERNAL',
  'SHUTTING_DOWN',
  'STORE_FAILED',
  'WHATSAPP_UNANSWERED',
] as const satisfies ErrorCode[]

/** A sentence for each; `{fields}` are the names of those that are not right. */
export type RefusalWords = Record<(typeof PAGE_REFUSALS)[number], string>
