import { byId, element, fill, words } from './page.js'
import { cellsOf } from './session-cells.js'
import { kindOf } from './states.js'

/**
 * @typedef {object} Session
 * @property {string} session_id
 * @property {string | number} user_id
 * @property {string} state
 * @property {string | null} detail
 * @property {string | null} wa_id
 * @property {string | null} push_name
 * @property {string | null} reason
 * @property {string | null} reason_text
 * @property {number} since
 * @property {number} created_at
 * @property {number} last_activity
 * @property {number | null} retry_at
 * @property {number | null} qr_expires_at
 * @property {boolean} by_code
 * @property {{ state: string, expires_at: number } | null} passkey
 * @property {{ deliveries: number, sends: number }} waiting
 *
 * @typedef {{ session: Session, row: HTMLElement | null, drawn: string, text: string, fits: boolean }} Entry
 */

const ATTENTION = ['reconnecting', 'awaitingQr', 'loggedOut', 'starting', 'asleep', 'open']

/** @type {Record<string, (a: Session, b: Session) => number>} */
const ORDERS = {
  id: () => 0,
  attention: (a, b) => ATTENTION.indexOf(kindOf(a)) - ATTENTION.indexOf(kindOf(b)),
  since: (a, b) => b.since - a.since,
  activity: (a, b) => b.last_activity - a.last_activity,
  waiting: (a, b) => b.waiting.deliveries + b.waiting.sends - a.waiting.deliveries - a.waiting.sends,
}

/** The rows; each is drawn when it is first shown, and again only when what it shows has changed. */
export class SessionTable {
  /** @type {Map<string, Entry>} */
  #entries = new Map()
  #rows = byId('rows')
  /** @type {HTMLInputElement} */
  #search = byId('search')
  /** @type {HTMLSelectElement} */
  #sort = byId('sort')
  #kind = ''
  #arranging = false
  /** Rows drawn so far: what the tests count. */
  drawn = 0

  constructor() {
    this.#search.addEventListener('input', () => this.#refit())
    this.#sort.addEventListener('change', () => this.#refit())
    byId('filter').addEventListener('change', event => {
      this.#kind = /** @type {HTMLInputElement} */ (event.target).value
      this.#refit()
    })
    this.#rows.addEventListener('keydown', event => this.#onKey(event))
    document.addEventListener('keydown', event => {
      const typing =
        event.target instanceof HTMLElement && event.target.matches('input, textarea, select, dialog *')
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey) return
      event.preventDefault()
      this.#search.focus()
    })
    this.#search.addEventListener('keydown', event => {
      if (event.key === 'ArrowDown') this.#focus(0, event)
      if (event.key === 'Escape' && this.#search.value !== '') {
        this.#search.value = ''
        this.#refit()
      }
    })
  }

  /** @param {string} id */
  get(id) {
    return this.#entries.get(id)?.session
  }

  /** Sessions as they stand now, new ones among them. @param {Session[]} sessions */
  put(sessions) {
    for (const session of sessions) {
      const entry = this.#entries.get(session.session_id)
      const made = entry ?? { session, row: null, drawn: '', text: '', fits: false }
      made.session = session
      made.text = searchText(session)
      made.fits = this.#fits(made)
      this.#entries.set(session.session_id, made)
      document.dispatchEvent(new CustomEvent('session', { detail: session }))
    }
    this.#arrange()
  }

  /** @param {Session[]} sessions */
  replaceAll(sessions) {
    const ids = new Set(sessions.map(one => one.session_id))
    this.remove([...this.#entries.keys()].filter(id => !ids.has(id)))
    this.put(sessions)
    // None at all is counted, too.
    if (sessions.length === 0) document.dispatchEvent(new Event('session'))
  }

  /** @param {string[]} ids */
  remove(ids) {
    for (const id of ids) {
      this.#entries.get(id)?.row?.remove()
      this.#entries.delete(id)
    }
    if (ids.length === 0) return
    document.dispatchEvent(new Event('session'))
    this.#arrange()
  }

  byState() {
    /** @type {Record<string, number>} */
    const counts = {}
    for (const { session } of this.#entries.values()) {
      const kind = kindOf(session)
      counts[kind] = (counts[kind] ?? 0) + 1
    }
    return counts
  }

  waitingIds() {
    return [...this.#entries.values()]
      .filter(({ session: { waiting } }) => waiting.deliveries + waiting.sends > 0)
      .map(({ session }) => session.session_id)
  }

  /** @param {Entry} entry */
  #fits({ session, text }) {
    if (this.#kind !== '' && kindOf(session) !== this.#kind) return false
    return fold(this.#search.value)
      .split(/\s+/)
      .every(word => text.includes(word))
  }

  #refit() {
    for (const entry of this.#entries.values()) entry.fits = this.#fits(entry)
    this.#arrange()
  }

  /** Once for whatever happened until the next frame. */
  #arrange() {
    if (this.#arranging) return
    this.#arranging = true
    requestAnimationFrame(() => {
      this.#arranging = false
      this.#show()
    })
  }

  #show() {
    const order = ORDERS[this.#sort.value] ?? (() => 0)
    for (const entry of this.#entries.values()) {
      // The clock forgets what stands nowhere.
      if (!entry.fits) entry.drawn = ''
    }
    const entries = [...this.#entries.values()]
      .filter(({ fits }) => fits)
      .sort((a, b) => order(a.session, b.session) || (a.session.session_id < b.session.session_id ? -1 : 1))
    /** @type {ChildNode | null} */
    let next = this.#rows.firstChild
    for (const entry of entries) {
      const row = this.#draw(entry)
      if (row === next) next = next.nextSibling
      else this.#rows.insertBefore(row, next)
    }
    while (next) {
      const gone = next
      next = next.nextSibling
      gone.remove()
    }
    const all = this.#entries.size
    byId('table').setAttribute('aria-busy', 'false')
    byId('table').hidden = entries.length === 0
    const empty = byId('empty')
    empty.hidden = entries.length > 0
    empty.replaceChildren(element('p', { text: all === 0 ? words.sessions.none : words.sessions.noMatch }))
    if (all === 0) empty.append(element('p', { class: 'hint', text: words.sessions.noneHint }))
    byId('count').textContent = fill(words.sessions.count, { shown: entries.length, all })
  }

  /** @param {Entry} entry */
  #draw(entry) {
    const { session } = entry
    const shows = JSON.stringify(session)
    if (entry.row !== null && entry.drawn === shows) return entry.row
    entry.drawn = shows
    entry.row ??= element('div', { role: 'row', class: 'row', 'data-id': session.session_id })
    const focused = entry.row.contains(document.activeElement) && document.activeElement?.className
    entry.row.dataset.state = session.state
    entry.row.replaceChildren(...cellsOf(session))
    if (focused) /** @type {HTMLElement | null} */ (entry.row.getElementsByClassName(focused)[0])?.focus()
    this.drawn++
    return entry.row
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const row = event.target instanceof Element ? event.target.closest('.row') : null
    if (row === null) return
    const rows = [...this.#rows.children]
    const at = rows.indexOf(row)
    /** @type {Record<string, number>} */
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }
    const to = moves[event.key]
    if (to === undefined) return
    if (to < 0) return this.#search.focus()
    this.#focus(to, event)
  }

  /** @param {number} index @param {KeyboardEvent} event */
  #focus(index, event) {
    const link = this.#rows.children[index]?.querySelector('a')
    if (!link) return
    event.preventDefault()
    link.focus()
  }
}

/** @param {string} text */
const fold = text => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim()

/** @param {Session} session */
const searchText = ({ session_id, user_id, wa_id, push_name }) =>
  fold([session_id, user_id, wa_id ?? '', push_name ?? ''].join('\n'))
