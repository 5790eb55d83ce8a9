import type { RefusalWords } from './refusals.ts'

/** What the service refuses, in English. */
export const refusalsEn: RefusalWords = {
  UNAUTHENTICATED: 'Your login has ended; log in again.',
  ORIGIN_FORBIDDEN: 'This page has another address than the service expects; open it at its own address.',
  READ_ONLY: 'This login may only read; log in with a key that may change things.',
  NOT_FOUND: 'There is nothing at this address.',
  SESSION_NOT_FOUND: 'There is no session of this name.',
  EVENT_NOT_FOUND: 'There is no such fact any more.',
  QR_NOT_AVAILABLE: 'There is no QR to scan now.',
  PAIRING_CODE_NOT_AVAILABLE: 'There is no pairing code now.',
  PASSKEY_NOT_ASKED: 'WhatsApp demands no passkey any more.',
  DELIVERY_NOT_FOUND: 'Laravel has it by now, or it is not kept any more.',
  CONFLICT: 'A session of this name belongs to another user, or was changed meanwhile; choose another name.',
  DELETING: 'The session is being deleted; wait until it is gone.',
  SESSION_NOT_CONNECTED: 'The session is not connected.',
  SESSION_LOGGED_OUT: 'The session is logged out; link a phone first.',
  STATE_FORBIDS: 'That is not possible in the state in which the session is now.',
  SESSION_UNREADABLE: 'The stored data of the session cannot be read; it can only be deleted.',
  MESSAGES_REMOVED: 'Messages of this stretch are not kept any more.',
  VALIDATION_FAILED: 'These fields are not right: {fields}.',
  TOO_MANY_REQUESTS: 'Too much at once; wait a moment, then try again.',
  INTERNAL: 'Something unexpected failed inside the service; its log has the error.',
  SHUTTING_DOWN: 'The service is shutting down; try again in a moment.',
  STORE_FAILED: 'Nothing can be stored at the moment; what is wrong stands on the page of all sessions.',
  WHATSAPP_UNANSWERED: 'WhatsApp did not answer; try again.',
}
