import { askOnlyLoggedIn, loginEnded, page, Refusal, refusalOf, words } from './page.js'
import { dateOf } from './time.js'

/** What the parts of the page of one session share. */

/**
 * @typedef {{ of: string, messages: string, older: string }} SessionWords
 * @typedef {{ sessionId: string, createdAt: number | null, lastSeq: number, sessionWords: SessionWords }} Session
 */

export const session = /** @type {Session} */ (/** @type {unknown} */ (page))
const base = `/dashboard/sessions/${encodeURIComponent(session.sessionId)}`

/**
 * A part of the page as the service draws it: what others wrote is text in it, never markup. Throws Refusal.
 * @param {string} path below the session's
 * @param {AbortSignal} [signal]
 * @returns {Promise<DocumentFragment>}
 */
export async function part(path, signal) {
  askOnlyLoggedIn()
  const response = await fetch(`${base}${path}`, { signal: signal ?? null }).catch(error => {
    if (signal?.aborted) throw error
    throw new Refusal(words.actions.unreachable, 'UNREACHABLE', 0)
  })
  if (response.status === 401) loginEnded()
  if (!response.ok) throw refusalOf(await response.json().catch(() => ({})), response.status)
  const template = document.createElement('template')
  template.innerHTML = await response.text()
  localTimes(template.content)
  return template.content
}

const time = new Intl.DateTimeFormat(page.language, { timeStyle: 'medium', hourCycle: 'h23' })
const dayAndTime = new Intl.DateTimeFormat(page.language, {
  ...{ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  hourCycle: 'h23',
})

/** Times as the reader's clock has them. @param {ParentNode} root */
export function localTimes(root) {
  const today = new Date().toDateString()
  for (const one of root.querySelectorAll('time[datetime]:not([title])')) {
    const at = Date.parse(one.getAttribute('datetime') ?? '')
    one.textContent = (new Date(at).toDateString() === today ? time : dayAndTime).format(at)
    one.setAttribute('title', dateOf(at))
  }
}

/**
 * Takes the mark out of a list that says where its next page begins.
 * @param {ParentNode} list
 * @returns {number | null}
 */
export function takeNext(list) {
  const mark = list.querySelector('.more-of')
  mark?.remove()
  return mark === null ? null : Number(mark.getAttribute('data-next'))
}

/**
 * Runs at most once at a time, and once more for all that was asked meanwhile.
 * @param {() => Promise<void>} work
 */
export function oneAtATime(work) {
  let running = false
  let again = false
  return async function run() {
    if (running) {
      again = true
      return
    }
    running = true
    try {
      do {
        again = false
        await work()
      } while (again)
    } catch {
      // The stream says that the connection is lost; what comes next reads it anew.
    } finally {
      running = false
    }
  }
}
