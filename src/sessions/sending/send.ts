import { randomBytes } from 'node:crypto'
import type { SendContent } from '../../messages/send.ts'
import type { MessageRow } from '../../ports/message-table.ts'

/** One message on its way out. */
export type Send = Pick<MessageRow, 'messageId' | 'chatId' | 'seq' | 'at' | 'attempts'> & {
  content: SendContent
  /** Of a send that was queued in this life of the process: the store may not have it yet. */
  secret?: Uint8Array | undefined
}

const SECRET_BYTES = 32

/** A secret under which others seal what they add to a message; undefined for what only changes another message. */
export function newSecretFor({ type }: SendContent): Uint8Array | undefined {
  return type === 'reaction' || type === 'edit' || type === 'delete' ? undefined : randomBytes(SECRET_BYTES)
}
