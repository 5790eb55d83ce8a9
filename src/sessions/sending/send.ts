import type { SendContent } from '../../messages/send.ts'
import type { MessageRow } from '../../ports/message-table.ts'

/** One message on its way out. */
export type Send = Pick<MessageRow, 'messageId' | 'chatId' | 'at' | 'attempts'> & { content: SendContent }
