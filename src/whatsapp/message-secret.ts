import type { WAMessage } from '@whiskeysockets/baileys'

const BYTES = 32

/**
 * The secret of a message, under which others seal what they add to it: in the message, or beside it in a history
 * (`WebMessageInfo.messageSecret`). Undefined if it has none.
 */
export function messageSecretOf({
  message,
  messageSecret,
}: Pick<WAMessage, 'message' | 'messageSecret'>): Uint8Array | undefined {
  const secret = message?.messageContextInfo?.messageSecret ?? messageSecret
  return secret?.length === BYTES ? secret : undefined
}
