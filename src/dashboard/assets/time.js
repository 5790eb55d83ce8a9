import { page, words } from './page.js'

/** Times of the service, shown by one clock for the whole page. */

const locale = page.language
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
const whole = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })
const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
]

let ahead = 0
/** The service said that it is `now`: what is counted down does not trust this machine's clock. @param {number} now */
export const setNow = now => {
  ahead = now - Date.now()
}
export const now = () => Date.now() + ahead

/** @param {number} at */
export const dateOf = at => whole.format(at)

/** "5 min ago", a date after a month. @param {number} at */
export function ago(at) {
  const passed = Math.max(0, now() - at)
  if (passed > 30 * 86_400_000) return day.format(at)
  const [unit, size] = UNITS.find(([, one]) => passed >= one) ?? ['second', 1_000]
  return relative.format(-Math.floor(passed / size), unit)
}

/** "4:09" until then; null once it has come. @param {number} at */
export function countdown(at) {
  const seconds = Math.ceil((at - now()) / 1000)
  if (seconds <= 0) return null
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** @typedef {{ show(): void, every: number }} Shown */
/** @type {Map<Element, Shown>} */
const shown = new Map()
let beats = 0
let drawn = 0

/** How often an element was changed by the clock: what the tests count. */
export const clockWork = () => drawn

/**
 * Keeps an element's text as `text` gives it, looked at every `every` seconds as long as it stands in the page.
 * @param {Element} target
 * @param {() => string} text
 * @param {number} [every]
 */
export function keep(target, text, every = 1) {
  const show = () => {
    const next = text()
    if (target.textContent === next) return
    target.textContent = next
    drawn++
  }
  show()
  shown.set(target, { show, every })
}

/** @param {Element} target */
export const forget = target => void shown.delete(target)

/** A `<time>` that says how long ago that was. @param {number | null} at */
export function timeAgo(at) {
  const made = document.createElement('time')
  if (at === null) {
    made.textContent = words.time.never
    return made
  }
  made.dateTime = new Date(at).toISOString()
  made.title = dateOf(at)
  keep(made, () => ago(at), now() - at < 60_000 ? 1 : 15)
  return made
}

setInterval(() => {
  if (document.hidden) return
  beats++
  for (const [target, { show, every }] of shown) {
    if (!target.isConnected) shown.delete(target)
    else if (beats % every === 0) show()
  }
}, 1000)
