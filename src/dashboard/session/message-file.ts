import { html } from 'hono/html'
import type { PastMessage } from '../../ports/dashboard/history.ts'
import type { SessionWords } from '../words/session-words.ts'
import { foreignLine, type Markup } from './markup.ts'

/** What browsers show in an `<img>` without running anything: SVG would bring its own links. */
const PICTURES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif']

/**
 * The file of a message as one can look at it or listen to it; others as a link. The login opens its address, which is always the same:
 * a picture is fetched once, and what is listened to plays on while the chat is read anew.
 */
export function fileMarkup(
  words: SessionWords,
  content: PastMessage['message'],
  held: ReadonlySet<string>,
): Markup | string {
  const { message: said } = words
  const { media, type } = content
  if (media === null) return ''
  if (!held.has(media.id)) return html`<p class="sub file">${said.noFile}</p>`
  const href = `/media/${media.id}`
  const kind = media.mimetype.split(';', 1)[0]!.trim().toLowerCase()
  const named = media.filename ?? said.types[type] ?? type
  const link = html`<a class="file" href="${href}" download>${said.openFile}: ${foreignLine(named)} <span class="sub">${sizeOf(media.size)}</span></a>`
  if (PICTURES.includes(kind))
    return html`<a class="picture" href="${href}" download><img src="${href}" loading="lazy" decoding="async" alt="${said.types[type] ?? type}"></a>`
  if (kind.startsWith('video/'))
    return html`<video controls preload="none" src="${href}" aria-label="${said.types.video ?? type}"></video>${link}`
  if (kind.startsWith('audio/'))
    return html`<audio controls preload="none" src="${href}" aria-label="${said.types.audio ?? type}"></audio>`
  return link
}

const sizeOf = (bytes: number) =>
  bytes < 1_000
    ? `${bytes} B`
    : bytes < 1e6
      ? `${Math.round(bytes / 1e3)} kB`
      : `${(bytes / 1e6).toFixed(1)} MB`
