import type { ReceivedContent } from '../../messages/received.ts'
import type { SendContent } from '../../messages/send.ts'

/** What stands for a message whose content is damaged, so that the others of its chat can be shown. */
export function standInFor(row: {
  message_id: string
  chat_id: string
  direction: 'in' | 'out'
  at: number
}): ReceivedContent | SendContent {
  const { message_id, chat_id, at } = row
  if (row.direction === 'out') return { type: 'text', to: chat_id, body: '', reply_to: null }
  return {
    message_id,
    from: null,
    from_lid: null,
    from_me: false,
    chat_id,
    participant: null,
    is_group: chat_id.endsWith('@g.us'),
    subject: null,
    push_name: null,
    type: 'unsupported',
    body: null,
    caption: null,
    media: null,
    reply_to: null,
    timestamp: new Date(at).toISOString(),
    offline: false,
  }
}
