import type { ReceivedContent, ReceivedMedia } from '../messages/received.ts'
import type { MediaContent, SendContent } from '../messages/send.ts'
import type { MessageRow } from '../ports/message-table.ts'

/** The account that sent it. */
export interface Sender {
  waId: string | null
  lid: string | null
  pushName: string | null
}

/** What was sent through the API, in the shape of what arrives. */
export function sentAsMessage(row: MessageRow, content: SendContent, sender: Sender): ReceivedContent {
  const isGroup = row.chatId.endsWith('@g.us')
  const own = sender.lid ?? (sender.waId && `${sender.waId}@s.whatsapp.net`)
  return {
    message_id: row.messageId,
    from: sender.waId,
    from_lid: sender.lid,
    from_me: true,
    chat_id: row.chatId,
    participant: isGroup ? own : null,
    is_group: isGroup,
    subject: null,
    push_name: sender.pushName,
    // What arrives knows no other moving pictures than videos.
    type: content.type === 'gif' ? 'video' : content.type,
    ...wordsOf(content),
    media: 'media' in content ? mediaOf(content) : null,
    reply_to: content.reply_to,
    timestamp: new Date(row.at).toISOString(),
    offline: false,
    ...(content.mentions && { mentions: content.mentions.map(jid => ({ jid, phone: phoneIn(jid) })) }),
  }
}

const phoneIn = (jid: string) => /^(\d+)@s\.whatsapp\.net$/.exec(jid)?.[1] ?? null

function wordsOf(content: SendContent): { body: string | null; caption: string | null } {
  const lines = (all: (string | null)[]) => all.filter(Boolean).join('\n') || null
  switch (content.type) {
    case 'location':
      return {
        body: `${content.latitude},${content.longitude}`,
        caption: lines([content.name, content.address]),
      }
    case 'contact':
      return { body: null, caption: lines(content.contacts.map(({ name }) => name)) }
    case 'poll':
      return { body: content.body, caption: lines(content.options) }
    case 'delete':
      return { body: null, caption: null }
    default:
      return 'media' in content
        ? { body: null, caption: content.caption }
        : { body: content.body, caption: null }
  }
}

/** Null until the file is in the media store. */
function mediaOf({ type, ptt, media }: MediaContent): ReceivedMedia | null {
  const { id, mimetype, filename, size, seconds } = media
  if (id === null) return null
  return {
    ...{ id, mimetype: mimetype ?? 'application/octet-stream', filename, size: size ?? 0, seconds },
    ...(type === 'audio' && { ptt }),
  }
}
