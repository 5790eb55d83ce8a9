import { byId, fill } from './page.js'
import { localTimes, part, session } from './session-parts.js'

/**
 * The machine at any fact: the slider says which, the chart lights where it stood.
 * @typedef {{ here: string[], around: string[], before: string[], last: string[], ways: string[] }} Lit
 * @typedef {{ asked: number, last: number, seq: number, previous: number | null, next: number | null, state: string, lit: Lit }} Moment
 */

/** A slider that is dragged asks for what it rests on. */
const REST_MS = 80

/** @type {(keyof Lit)[]} */
const KINDS = ['ways', 'around', 'before', 'last', 'here']

export function startMachine() {
  const slider = /** @type {HTMLInputElement} */ (byId('slider'))
  const previous = /** @type {HTMLButtonElement} */ (byId('previous'))
  const next = /** @type {HTMLButtonElement} */ (byId('next'))
  const now = /** @type {HTMLButtonElement} */ (byId('now'))
  const place = byId('moment')
  let last = session.lastSeq
  let follows = true
  /** @type {Moment | null} */
  let shown = null
  /** @type {AbortController | undefined} */
  let reading
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting

  /** @param {boolean} says whether it is told to screen readers */
  function take(says) {
    const told = place.querySelector('[data-moment]')?.getAttribute('data-moment')
    shown = told ? JSON.parse(told) : null
    if (shown !== null) light(shown.lit)
    previous.disabled = shown !== null && shown.previous === null
    next.disabled = follows || (shown !== null && shown.next === null)
    now.disabled = follows
    place.toggleAttribute('data-past', !follows)
    const words = fill(session.sessionWords.of, { seq: slider.value, last })
    slider.setAttribute('aria-valuetext', `${words}: ${shown?.state ?? ''}`)
    if (says) byId('moment-says').textContent = `${words}. ${place.querySelector('.said')?.textContent ?? ''}`
  }

  /** @param {number} seq @param {boolean} [says] */
  async function read(seq, says = true) {
    reading?.abort()
    reading = new AbortController()
    const { signal } = reading
    try {
      const drawn = await part(`/at/${seq}`, signal)
      if (signal.aborted) return
      const open = place.querySelector('details[open]') !== null
      place.replaceChildren(drawn)
      place.querySelector('details')?.toggleAttribute('open', open)
      take(says)
    } catch (error) {
      if (!signal.aborted) place.textContent = error instanceof Error ? error.message : ''
    }
  }

  /** @param {number} seq */
  function show(seq) {
    follows = seq >= last
    slider.value = String(seq)
    document.dispatchEvent(new CustomEvent('moment', { detail: follows ? null : seq }))
    return read(Number(slider.value))
  }

  slider.addEventListener('input', () => {
    clearTimeout(resting)
    resting = setTimeout(() => void show(Number(slider.value)), REST_MS)
  })
  previous.addEventListener('click', () => {
    if (shown?.previous) void show(shown.previous)
  })
  next.addEventListener('click', () => void show(shown?.next ?? last))
  now.addEventListener('click', () => void show(last))
  document.addEventListener('keydown', event => {
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      /** @type {Element} */ (event.target).matches('input[type=text], input[type=search], textarea')
    )
      return
    if (event.key === '[') previous.click()
    if (event.key === ']') next.click()
  })
  localTimes(place)
  take(false)
  centre()

  return {
    show,
    /** The log is that long now. @param {number} seq */
    grow(seq) {
      if (seq <= last) return
      last = seq
      slider.max = String(last)
      if (follows) {
        slider.value = String(last)
        void read(last, false)
      } else take(false)
    },
  }
}

/** @param {Lit} lit */
function light(lit) {
  for (const one of document.querySelectorAll('#statechart [data-lit]')) one.removeAttribute('data-lit')
  for (const kind of KINDS)
    for (const id of lit[kind]) document.getElementById(id)?.setAttribute('data-lit', kind)
}

/** On a small screen the chart is wider than the page: it begins where the session is. */
function centre() {
  const here = document.querySelector('#statechart [data-lit="here"]')
  const scrolled = here?.closest('.scrolls')
  if (!here || !scrolled) return
  const [one, around] = [here.getBoundingClientRect(), scrolled.getBoundingClientRect()]
  scrolled.scrollLeft += one.x + one.width / 2 - (around.x + around.width / 2)
  scrolled.scrollTop += one.y + one.height / 2 - (around.y + around.height / 2)
}
