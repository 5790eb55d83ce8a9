import type { ErrorCode } from '../base/errors.ts'

/** Codes that end the start of the process, and reach no caller. */
type OfTheStart = 'BAD_CONFIG' | 'DATA_DIR_IN_USE'

/** Every code that a caller can meet: what it means, and what to do. The answer's own `message` says more of the case. */
export const MEANING: Record<Exclude<ErrorCode, OfTheStart>, string> = {
  MALFORMED_JSON: 'The body is not JSON in UTF-8.',
  BAD_REQUEST: 'The request cannot be understood, or its body ended before it was complete.',
  UNAUTHENTICATED: 'Present one of API_KEYS as "Authorization: Bearer <key>" or "X-Api-Key: <key>".',
  ORIGIN_FORBIDDEN: 'This host or this web page may not ask that.',
  READ_ONLY: 'The key may only read, and sees no QR and no code: present one without ":read".',
  NOT_FOUND: 'There is nothing here, or not any more.',
  SESSION_NOT_FOUND: 'No session has that id; POST /start creates it.',
  MESSAGE_NOT_FOUND: 'The session has no message with that id.',
  EVENT_NOT_FOUND: 'The log of the session has no such seq.',
  QR_NOT_AVAILABLE: 'The session shows no QR now; POST /start asks for one.',
  PAIRING_CODE_NOT_AVAILABLE: 'The session has no pairing code now, or not yet: ask again in a moment.',
  PASSKEY_NOT_ASKED: 'WhatsApp demands no passkey of this session now, or the link to its page is used up.',
  DELIVERY_NOT_FOUND: 'No delivery has that id; what was delivered is gone.',
  METHOD_NOT_ALLOWED: 'This path takes other methods: the header Allow names them.',
  CONFLICT: 'The session belongs to another user_id.',
  DELETING: 'The session is being deleted; start it again once it is gone.',
  SESSION_NOT_CONNECTED: 'The session cannot do that now; nothing was stored. POST /start connects it.',
  SESSION_LOGGED_OUT: 'The session was logged out or deleted before the message left.',
  STATE_FORBIDS: 'The state of the session does not allow this.',
  SESSION_UNREADABLE: 'What is stored of the session cannot be read; its reason_text says why.',
  IDEMPOTENCY_IN_FLIGHT: 'The first request with this key still waits for WhatsApp; ask again in a moment.',
  MESSAGES_REMOVED:
    'Messages of that time were removed for their age; the message names the seq to begin at.',
  PAYLOAD_TOO_LARGE: 'The body is too large.',
  MEDIA_TOO_LARGE: 'The file is larger than WhatsApp or this service takes.',
  UNSUPPORTED_MEDIA_TYPE: 'Content-Type must be application/json, and the body not compressed.',
  MEDIA_TYPE_UNSUPPORTED: 'The file is of a kind that WhatsApp does not show as this type.',
  VALIDATION_FAILED: 'Fields are missing or wrong; `errors` says of each why, in the shape that Laravel has.',
  WHATSAPP_REJECTED: 'WhatsApp refused it for good; the message has its code.',
  NOT_ON_WHATSAPP: 'The recipient has no WhatsApp.',
  NOT_GROUP_ADMIN: 'Only an admin of the group can do this.',
  SEND_FAILED: 'The message did not leave in time, or what it needs is gone.',
  MEDIA_URL_FORBIDDEN: 'The address of the file leads to a private network.',
  MEDIA_UNREACHABLE: 'The file cannot be had from its address.',
  MEDIA_GONE: 'WhatsApp has the file no more.',
  MEDIA_CORRUPT: 'The file is damaged.',
  IDEMPOTENCY_MISMATCH: 'The key was used for another message; every message needs a key of its own.',
  TOO_MANY_REQUESTS: 'Too much at once; Retry-After says when to ask again.',
  NEW_CHATS_PAUSED: 'WhatsApp lets this account write to nobody new for now; Retry-After says until when.',
  INTERNAL: 'Something unexpected went wrong; the log has it under the X-Request-Id of the answer.',
  LARAVEL_UNREACHABLE: 'Laravel did not take it.',
  SHUTTING_DOWN: 'The service is shutting down; try again in a few seconds.',
  NOT_READY:
    'The session is between two nodes or comes back just now, and nothing was done: ask again after `Retry-After`. At `/health/ready`: the service cannot do its work; `problems` says why and what mends it.',
  STORE_FAILED: 'The store takes no writes, for want of room mostly; try again later.',
  MEDIA_STORE_FAILED: 'The file cannot be stored, for want of room mostly; try again later.',
  SEQ_CONFLICT: 'Another process has written to this session; try again.',
  EPOCH_CONFLICT: 'Another process has taken over this session; try again.',
  WHATSAPP_UNANSWERED: 'WhatsApp did not say; ask again in a moment.',
}

export type CallerCode = keyof typeof MEANING
