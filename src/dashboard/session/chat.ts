import { html } from 'hono/html'
import type { ChatNames, LaravelWay, PastMessage } from '../../ports/dashboard/history.ts'
import type { SessionWords } from '../words/session-words.ts'
import { chatName } from './chats.ts'
import { type Gathered, gather } from './gathered.ts'
import { filled, foreignLine, foreignText, isBlank, type Markup, timeOf } from './markup.ts'
import { fileMarkup, type ShownFiles } from './message-file.ts'
import { laravelError, wayMarkup } from './message-way.ts'

/** A page of a chat, given newest first, as bubbles, oldest first; `shown` are the files that are here. */
export const messagesMarkup = (
  words: SessionWords,
  chat: ChatNames,
  page: PastMessage[],
  shown: ShownFiles,
): Markup => html`${gather(page).map(one => bubble(words, chat, one, shown))}`

/** Who a chat is with, above its messages. */
export function chatHead(chat: ChatNames): Markup {
  const known = [chat.phone && `+${chat.phone}`, chat.username && `@${chat.username}`, chat.chatId]
  return html`<h3 id="chat-title" tabindex="-1">${chatName(chat)}</h3><p class="sub">${known.filter(Boolean).map(one => html`<bdi class="clip mono">${one}</bdi> `)}</p>`
}

function bubble(words: SessionWords, chat: ChatNames, gathered: Gathered, shown: ShownFiles): Markup {
  const { message, reactions, edited, deleted } = gathered
  const { message: said } = words
  const { seq, direction, at, message: content } = message
  const mine = direction === 'out' || content.from_me
  const tags = [
    content.forwarded && said.forwarded,
    content.view_once && said.viewOnce,
    edited && said.edited,
  ].filter(Boolean)
  return html`<li class="bubble ${mine ? 'mine' : 'theirs'}" id="message-${seq}" data-seq="${seq}" data-id="${content.message_id}">
<p class="by"><span class="${chat.isGroup && !mine ? '' : 'unseen'}">${mine ? words.chats.you : authorOf(words, content)} </span>${tags.map(tag => html`<span class="tag">${tag}</span>`)}${timeOf(at)}</p>
${quoteMarkup(words, content, gathered.answers)}
${deleted === null ? html`${fileMarkup(words, content, shown)}${wordsOf(words, edited?.message ?? content, content)}` : html`<p class="sub gone">${said.deleted}</p>`}
${reactions.length === 0 ? '' : html`<p class="reactions"><span class="unseen">${said.types.reaction}: </span>${reactions.map(({ emoji }) => html`<span>${foreignLine(emoji)}</span>`)}</p>`}
<details class="about"><summary>${standing(words, message)}</summary>${wayMarkup(words, message)}</details></li>`
}

function authorOf(words: SessionWords, { push_name, from, participant }: PastMessage['message']): Markup {
  return foreignLine(push_name ?? (from === null ? (participant ?? words.chats.someone) : `+${from}`))
}

/** What a message answers: as it quotes it, else as it stands on the page. */
function quoteMarkup(
  { message: said }: SessionWords,
  { quoted, reply_to, type }: PastMessage['message'],
  answers: PastMessage | null,
): Markup | string {
  if (!quoted && (reply_to === null || ['reaction', 'edit', 'delete'].includes(type))) return ''
  const kind = quoted?.type ?? answers?.message.type
  const text = quoted?.text || answers?.message.body || answers?.message.caption
  return html`<blockquote><span class="unseen">${said.quotes}: </span>${foreignLine(text || (kind && (said.types[kind] ?? kind)) || reply_to!)}</blockquote>`
}

/** The words of a message; what does something to an earlier one says so. */
function wordsOf(
  words: SessionWords,
  { body, caption }: PastMessage['message'],
  { type }: PastMessage['message'],
): Markup | string {
  const { message: said } = words
  if (type === 'reaction')
    return html`<p class="sub">${body ? filled(said.reactedBefore, { emoji: foreignLine(body) }) : said.unreactedBefore}</p>`
  if (type === 'delete') return html`<p class="sub">${said.deletedBefore}</p>`
  const text = [body, caption].filter(Boolean).join('\n')
  const kind = type === 'text' || type === 'edit' ? '' : html`<p class="kind">${said.types[type] ?? type}</p>`
  const all = isBlank(text)
    ? type === 'text'
      ? html`<p class="sub">${said.wordless}</p>`
      : ''
    : foreignText(text, words.more)
  return html`${type === 'edit' ? html`<p class="sub">${said.editedBefore}</p>` : kind}${all}`
}

/** How a message stands, in a word. */
function standing(words: SessionWords, { direction, status, laravel }: PastMessage): Markup {
  const { message: said } = words
  if (direction === 'out')
    return html`<span class="mark" data-status="${status}">${said.statuses[status] ?? status}</span>`
  return html`<span class="mark" data-status="${laravel?.state ?? 'settled'}">${laravelWord(words, laravel)}</span>`
}

function laravelWord(words: SessionWords, way: LaravelWay | null): Markup | string {
  const { message: said } = words
  if (way?.state === 'dead') return filled(said.laravelDead, { error: laravelError(words, way) })
  if (way?.state === 'waiting') return filled(said.laravelWaits, { at: timeOf(way.nextAt) })
  return way?.state === 'taken' ? said.laravelTook : said.received
}
