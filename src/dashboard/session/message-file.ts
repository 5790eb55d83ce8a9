import { html } from 'hono/html'
import type { PastMessage } from '../../ports/dashboard/history.ts'
import type { SessionWords } from '../words/session-words.ts'
import { foreignLine, type Markup } from './markup.ts'

/** The files that are here by their ids, each with the address of its thumbnail; null: it has none. */
export type ShownFiles = ReadonlyMap<string, string | null>

/**
 * The file of a message as one can look at it or listen to it; others as a link. A thumbnail's own address opens it, and nothing else, for
 * a day; the login opens the file, whose address is always the same: what is listened to plays on while the chat is read anew.
 */
export function fileMarkup(
  words: SessionWords,
  content: PastMessage['message'],
  shown: ShownFiles,
): Markup | string {
  const { message: said } = words
  const { media, type } = content
  if (media === null) return ''
  const thumbnail = shown.get(media.id)
  if (thumbnail === undefined) return html`<p class="sub file">${said.noFile}</p>`
  const href = `/media/${media.id}`
  const kind = media.mimetype.split(';', 1)[0]!.trim().toLowerCase()
  const named = media.filename ?? said.types[type] ?? type
  const label = html`${said.openFile}: ${foreignLine(named)} <span class="sub">${sizeOf(media.size)}</span>`
  const link = html`<a class="file" href="${href}" download>${label}</a>`
  if (kind.startsWith('video/'))
    return html`<video controls preload="none"${thumbnail === null ? '' : html` poster="${thumbnail}"`} src="${href}" aria-label="${said.types.video ?? type}"></video>${link}`
  if (kind.startsWith('audio/'))
    return html`<audio controls preload="none" src="${href}" aria-label="${said.types.audio ?? type}"></audio>`
  if (thumbnail === null) return link
  // What could not be drawn is a file like others, which the page's script shows then.
  return html`<a class="picture" href="${href}" download><img src="${thumbnail}" loading="lazy" decoding="async" alt="${said.types[type] ?? type}"><span class="file" hidden>${label}</span></a>`
}

const sizeOf = (bytes: number) =>
  bytes < 1_000
    ? `${bytes} B`
    : bytes < 1e6
      ? `${Math.round(bytes / 1e3)} kB`
      : `${(bytes / 1e6).toFixed(1)} MB`
