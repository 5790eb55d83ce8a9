import { closeByButtons } from './dialogs.js'
import { startFigures } from './figures.js'
import { ask, attempt, byId, element, fill, foreign, page, Refusal, technical, toast, words } from './page.js'
import { follow } from './stream.js'
import { countdown, keep, setNow, timeAgo } from './time.js'

/**
 * What waits for Laravel and what it did not take, read again every few seconds: nothing is committed when Laravel takes something.
 * @typedef {object} Delivery
 * @property {number} id
 * @property {'waiting' | 'dead'} state
 * @property {keyof typeof words.deliveries.kinds} kind
 * @property {string} session_id
 * @property {string | null} chat_id
 * @property {string | null} message_id
 * @property {number} attempts
 * @property {string | null} error
 * @property {string | null} cause
 * @property {string} created_at
 * @property {string | null} dead_at
 * @property {string | null} next_try_at
 */

const { deliveries: said } = words
const EVERY_MS = 4_000
const PAGE = 50
/** No answer has more rows. */
const MOST_ROWS = 1000
/** The service looks at so many rows for one answer and no further; so often it is asked to go on, until a reader wants more. */
const MOST_ANSWERS = 10
/** No payload is longer on a screen. */
const MOST_CHARACTERS = 20_000

const list = byId('letters')
/** @type {HTMLInputElement} */
const search = byId('search')
/** @type {Map<number, { item: HTMLElement, shows: string }>} */
const drawn = new Map()
/** @type {'waiting' | 'dead'} */
let state = location.hash === '#dead' ? 'dead' : 'waiting'
let limit = PAGE
let answers = MOST_ANSWERS
let turns = 0
let underWay = 0

async function read() {
  const turn = ++turns
  underWay++
  try {
    const [found, figures] = await Promise.all([find(turn), ask('/dashboard/figures')])
    if (turn !== turns) return
    setNow(figures.now)
    byId('count-waiting').textContent = figures.pending.toLocaleString(page.language)
    byId('count-dead').textContent = figures.dead.toLocaleString(page.language)
    show(found.deliveries, found.next === null)
    byId('more').hidden = found.next === null || found.deliveries.length >= MOST_ROWS
  } finally {
    underWay--
  }
}

/**
 * The newest deliveries, as many as are wanted, and `next` as the service says it: where there is more to look at, null if nowhere.
 * @param {number} turn
 */
async function find(turn) {
  const session = search.value.trim()
  const only = session === '' ? '' : `&session_id=${encodeURIComponent(session)}`
  const [wanted, path] = [limit, `/deliveries?state=${state}${only}`]
  /** @type {Delivery[]} */
  const deliveries = []
  /** @type {number | null} */
  let next = null
  for (let left = answers; left > 0 && turn === turns; left--) {
    const from = next === null ? '' : `&before=${next}`
    const answer = await ask(`${path}&limit=${wanted - deliveries.length}${from}`)
    deliveries.push(...answer.deliveries)
    next = answer.next
    if (next === null || deliveries.length >= wanted) break
  }
  return { deliveries, next }
}

/** Only what changed is drawn anew. @param {Delivery[]} deliveries @param {boolean} isAll */
function show(deliveries, isAll) {
  const ids = new Set(deliveries.map(({ id }) => id))
  for (const [id, { item }] of drawn) {
    if (ids.has(id)) continue
    item.remove()
    drawn.delete(id)
  }
  deliveries.forEach((delivery, index) => {
    const shows = JSON.stringify(delivery)
    let known = drawn.get(delivery.id)
    if (known?.shows !== shows) {
      const item = draw(delivery)
      if (known) replace(known.item, item)
      known = { item, shows }
      drawn.set(delivery.id, known)
    }
    if (list.children[index] !== known.item) list.insertBefore(known.item, list.children[index] ?? null)
  })
  list.setAttribute('aria-busy', 'false')
  byId('about').textContent = state === 'dead' ? said.deadAbout : said.waitingAbout
  const empty = byId('empty')
  empty.hidden = deliveries.length > 0
  empty.textContent = !isAll ? said.noneYet : state === 'dead' ? said.noneDead : said.none
}

/** In place of `old`, with the payload that is open there and the focus. @param {HTMLElement} old @param {HTMLElement} item */
function replace(old, item) {
  const reached = 'a, button, pre'
  const focused = [...old.querySelectorAll(reached)].indexOf(document.activeElement ?? old)
  const payload = old.querySelector('pre')
  if (payload) item.append(payload)
  const isOpen = old.querySelector('[aria-expanded]')?.getAttribute('aria-expanded') ?? 'false'
  item.querySelector('[aria-expanded]')?.setAttribute('aria-expanded', isOpen)
  old.replaceWith(item)
  const kept = item.querySelectorAll(reached)[focused]
  if (kept instanceof HTMLElement) kept.focus({ preventScroll: true })
}

/** @param {Delivery} delivery */
function draw(delivery) {
  const { id, session_id: sessionId, chat_id: chat, attempts, error } = delivery
  const session = element('a', { href: `/dashboard/sessions/${sessionId}` }, foreign(sessionId))
  const what = element(
    'div',
    { class: 'what' },
    element('span', { class: 'badge', text: said.kinds[delivery.kind] }),
    session,
  )
  if (chat !== null) what.append(element('span', { class: 'sub' }, foreign(chat, 80)))
  const when = element('div', { class: 'when' })
  when.append(element('span', {}, `${said.made} `, timeAgo(Date.parse(delivery.created_at))))
  // What is not its own fault counts no try.
  if (attempts > 0 || error === null)
    when.append(
      element('span', { text: attempts === 0 ? said.firstTry : fill(said.tries, { count: attempts }) }),
    )
  if (delivery.dead_at !== null)
    when.append(element('span', {}, `${said.died} `, timeAgo(Date.parse(delivery.dead_at))))
  else when.append(nextTry(delivery.next_try_at))
  const payload = element('button', { type: 'button', 'aria-expanded': 'false', text: said.show })
  const buttons = element('div', { class: 'buttons' }, payload)
  if (page.access === 'write') {
    const again = element('button', {
      type: 'button',
      text: delivery.state === 'dead' ? said.again : said.now,
    })
    again.addEventListener('click', () => void redrive(id))
    buttons.append(again)
  }
  const item = element('li', { class: 'letter', 'data-id': String(id) }, what, when, buttons)
  if (error !== null) item.append(errorOf(error, delivery.cause))
  payload.addEventListener('click', () => void toggle(id))
  return item
}

/** What Laravel's last error means, beside what is stored of it. @param {string} error @param {string | null} cause */
function errorOf(error, cause) {
  /** @type {Record<string, string>} */
  const reasons = words.reasons
  const means = cause === 'damaged' ? said.damaged : reasons[`laravel_${cause}`]
  const made = element('p', { class: 'error' }, element('span', { class: 'unseen', text: `${said.error}: ` }))
  if (means !== undefined) made.append(`${means} `)
  if (cause !== 'damaged') made.append(technical(error))
  return made
}

/** @param {string | null} at */
function nextTry(at) {
  const made = element('span')
  if (at === null) made.textContent = said.itsTurn
  else {
    keep(made, () => {
      const left = countdown(Date.parse(at))
      return left === null ? words.sessions.nextTryNow : fill(said.nextTry, { in: left })
    })
  }
  return made
}

/** Opens the payload or closes it; the row may be drawn anew meanwhile. @param {number} id */
async function toggle(id) {
  const row = () => drawn.get(id)?.item
  const button = () => row()?.querySelector('[aria-expanded]')
  const isOpen = () => button()?.getAttribute('aria-expanded') === 'true'
  const opens = !isOpen()
  button()?.setAttribute('aria-expanded', String(opens))
  if (!opens) return row()?.querySelector('pre')?.remove()
  await attempt(async () => {
    try {
      const { delivery } = await ask(`/deliveries/${id}`)
      const text = JSON.stringify(delivery.payload, null, 2)
      const short = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}\n…` : text
      if (!isOpen() || row()?.querySelector('pre')) return
      row()?.append(element('pre', { tabindex: '0', 'aria-label': said.show, text: short }))
    } catch (error) {
      button()?.setAttribute('aria-expanded', 'false')
      throw error
    }
  })
}

/** @param {number} id */
const redrive = id =>
  attempt(async () => {
    await ask(`/deliveries/${id}/redrive`, { method: 'POST' })
    toast(said.sentAgain)
    await read()
  })

function offerReplay() {
  /** @type {HTMLDialogElement} */
  const dialog = byId('replay-dialog')
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector('form'))
  const refusal = /** @type {HTMLElement} */ (form.querySelector('.notice'))
  refusal.hidden = true
  dialog.showModal()
  form.onsubmit = async event => {
    event.preventDefault()
    const fields = new FormData(form)
    const [id, after, until] = ['session_id', 'after', 'until'].map(name =>
      String(fields.get(name) ?? '').trim(),
    )
    try {
      const body = { after: Number(after), ...(until !== '' && { until: Number(until) }) }
      const { replayed } = await ask(`/sessions/${encodeURIComponent(id ?? '')}/replay`, {
        method: 'POST',
        body,
      })
      dialog.close()
      toast(fill(said.replayed, { count: replayed }))
      await read()
    } catch (error) {
      refusal.textContent = error instanceof Error ? error.message : String(error)
      refusal.hidden = false
    }
  }
}

/** Begins again with what is asked for now. */
function anew() {
  limit = PAGE
  answers = MOST_ANSWERS
  drawn.clear()
  list.replaceChildren()
  void attempt(read)
}

byId('filter').addEventListener('change', event => {
  state = /** @type {HTMLInputElement} */ (event.target).value === 'dead' ? 'dead' : 'waiting'
  anew()
})
for (const input of byId('filter').querySelectorAll('input')) input.checked = input.value === state
search.addEventListener('change', anew)
byId('more').addEventListener('click', () => {
  limit = Math.min(limit + PAGE, MOST_ROWS)
  answers += MOST_ANSWERS
  void attempt(read)
})
if (page.access === 'write') {
  closeByButtons()
  byId('replay').addEventListener('click', offerReplay)
  byId('retry').addEventListener('click', () =>
    attempt(async () => {
      const { lanes } = await ask('/deliveries/retry', { method: 'POST', body: {} })
      toast(fill(said.retried, { lanes }))
      await read()
    }),
  )
}
startFigures(() => ({}))
const timer = setInterval(() => {
  if (!document.hidden && underWay === 0) void read().catch(() => {})
}, EVERY_MS)
document.addEventListener('login-ended', () => clearInterval(timer))
void attempt(read)

/** Shows whether the service is there, as soon as it says where its log stands. */
async function begin() {
  try {
    const { position } = await ask('/dashboard/figures')
    follow(position, { facts: () => {}, reset: () => {} })
  } catch (error) {
    if (!(error instanceof Refusal && error.status === 401)) setTimeout(begin, EVERY_MS)
  }
}
void begin()
