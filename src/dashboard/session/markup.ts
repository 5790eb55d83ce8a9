import { html } from 'hono/html'
import { LATEST_DATE } from '../../base/dates.ts'

export type Markup = ReturnType<typeof html>

/** A line of text that others wrote ends here; what does not show how long it is, is said by its title. */
const LONGEST_LINE = 160
/** So much of a longer text stands on the page, and so much more behind "more". */
const LONGEST_TEXT = 600
const LONGEST_REST = 100_000

/** At most `length` UTF-16 units of a text, never half a character. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length)
}

/** Whether there is nothing to see in a text: spaces, what has no width, what turns directions. */
export const isBlank = (text: string): boolean => /^[\p{C}\p{Z}]*$/u.test(text)

/** What somebody else wrote, as one line: text, isolated so that its direction turns nothing around, and cut. */
export function foreignLine(text: string): Markup {
  const short = cut(text, LONGEST_LINE)
  return short === text
    ? html`<bdi class="clip">${text}</bdi>`
    : html`<bdi class="clip" title="${cut(text, 1_000)}">${short}…</bdi>`
}

/** What a program says of an error: not in the reader's words, and marked so. */
export function technical(text: string): Markup {
  const short = cut(text, LONGEST_LINE)
  return html`<bdi class="clip technical" lang="en"${short === text ? '' : html` title="${cut(text, 1_000)}"`}>${short}${short === text ? '' : '…'}</bdi>`
}

/** The same as it was written, with its lines; what is long opens by `more`. */
export function foreignText(text: string, more: string): Markup {
  const short = cut(text, LONGEST_TEXT)
  if (short === text) return html`<p class="words" dir="auto"><bdi>${text}</bdi></p>`
  const rest = cut(text.slice(short.length), LONGEST_REST)
  const end = short.length + rest.length < text.length ? '…' : ''
  return html`<details class="long"><summary><span class="words" dir="auto"><bdi>${short}</bdi></span><span class="dots">… ${more}</span></summary><p class="words" dir="auto"><bdi>${rest}${end}</bdi></p></details>`
}

/** A time, which the page's script turns into the reader's own; without it, it is UTC. `at` is in ms. */
export function timeOf(at: number): Markup {
  if (!(at > 0 && at <= LATEST_DATE)) return html`${at}`
  const iso = new Date(at).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`
}

/** A sentence with markup in the places of its `{name}`s. */
export function filled(sentence: string, values: Record<string, Markup | string>): Markup {
  const parts = sentence.split(/\{(\w+)\}/)
  return html`${parts.map((part, i) => (i % 2 === 0 ? part : (values[part] ?? '')))}`
}

/** A sentence with plain values in the places of its `{name}`s, for attributes. */
export const fill = (sentence: string, values: Record<string, string | number>): string =>
  sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
