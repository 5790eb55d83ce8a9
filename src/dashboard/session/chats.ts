import { html } from 'hono/html'
import type { ChatNames, ChatOverview } from '../../ports/dashboard/history.ts'
import type { SessionWords } from '../words/session-words.ts'
import { cut, foreignLine, isBlank, type Markup, timeOf } from './markup.ts'

/** Chats as lines of a list, newest first. */
export const chatsMarkup = (words: SessionWords, sessionId: string, chats: ChatOverview[]): Markup =>
  html`${chats.map(chat => chatLine(words, sessionId, chat))}`

function chatLine(words: SessionWords, sessionId: string, chat: ChatOverview): Markup {
  const { direction, at } = chat.newest
  const mine = direction === 'out' || chat.newest.message.from_me
  return html`<li class="chat-line" data-chat="${chat.chatId}"><a href="/dashboard/sessions/${encodeURIComponent(sessionId)}?chat=${encodeURIComponent(chat.chatId)}" data-open="${chat.chatId}">
<span class="who">${chatName(chat)}</span>${timeOf(at)}
<span class="preview">${mine ? html`<span class="sub">${words.chats.you}:</span> ` : ''}${foreignLine(previewOf(words, chat))}</span>${chat.isGroup ? html`<span class="tag">${words.chats.group}</span>` : ''}</a></li>`
}

/** What a chat is called: the name that is known, else the number, else what WhatsApp calls it. */
export const chatName = ({ chatId, name, phone, username }: ChatNames): Markup =>
  foreignLine([name, username].find(one => one && !isBlank(one)) ?? (phone === null ? chatId : `+${phone}`))

/** The first line of the newest message, or what kind it is of. */
function previewOf({ message: said }: SessionWords, { newest: { message } }: ChatOverview): string {
  const line = (message.body ?? message.caption ?? '').trim().split('\n', 1)[0]!
  const kind = message.type === 'text' ? '' : (said.types[message.type] ?? message.type)
  return cut([kind, line].filter(one => !isBlank(one)).join(': ') || said.wordless, 200)
}
