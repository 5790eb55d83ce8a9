import { attempt, byId } from './page.js'
import { localTimes, oneAtATime, part, takeNext } from './session-parts.js'

/** More lines make the page slow; what goes out of it is read again by "older". */
const MOST_LINES = 500

/**
 * The log in words, newest on top.
 * @param {{ show(seq: number): unknown }} machine
 */
export function startTimeline(machine) {
  const list = byId('facts')
  const older = byId('older-facts')
  /** What the list shows, and what was chosen: another kind while that is read. */
  let listed = 'all'
  let chosen = listed
  /** @type {number | null} */
  let next = null

  /** @param {number | null} from */
  function after(from) {
    next = from
    older.hidden = next === null
    byId('no-facts').hidden = list.childElementCount > 0
  }

  const newest = () => Number(list.querySelector('[data-seq]')?.getAttribute('data-seq') ?? 0)

  const readNewer = oneAtATime(async () => {
    const [kind, from] = [listed, newest()]
    const newer = await part(`/facts?after=${from}&kind=${kind}`)
    if (kind !== listed || from !== newest()) return
    const left = takeNext(newer)
    for (const line of newer.children) line.classList.add('fresh')
    // More came than is read at once: what is between is read by "older".
    if (left !== null) {
      list.replaceChildren(newer)
      after(left)
      return
    }
    list.prepend(newer)
    byId('no-facts').hidden = list.childElementCount > 0
    while (list.childElementCount > MOST_LINES) {
      list.lastElementChild?.remove()
      after(Number(list.lastElementChild?.getAttribute('data-seq')))
    }
  })

  const readOlder = oneAtATime(async () => {
    const [kind, before] = [listed, next]
    if (before === null) return
    const page = await part(`/facts?before=${before}&kind=${kind}`)
    if (kind !== listed || before !== next) return
    const from = takeNext(page)
    const first = /** @type {HTMLElement | null} */ (page.querySelector('button'))
    list.append(page)
    after(from)
    first?.focus()
  })
  older.addEventListener('click', () => void readOlder())

  const kinds = byId('kinds')
  kinds.addEventListener('change', event =>
    attempt(async () => {
      const kind = /** @type {HTMLInputElement} */ (event.target).value
      chosen = kind
      const page = await part(`/facts?kind=${kind}`).catch(error => {
        if (kind === chosen) goBack()
        throw error
      })
      if (kind !== chosen) return
      listed = kind
      const from = takeNext(page)
      list.replaceChildren(page)
      after(from)
      // What came while the page was read.
      await readNewer()
    }),
  )
  function goBack() {
    chosen = listed
    for (const input of kinds.querySelectorAll('input')) input.checked = input.value === listed
  }

  list.addEventListener('click', event => {
    const button = /** @type {Element} */ (event.target).closest('[data-show]')
    if (button === null) return
    void machine.show(Number(button.getAttribute('data-show')))
    byId('machine-title').scrollIntoView({ block: 'start' })
  })
  document.addEventListener('moment', event => {
    const seq = /** @type {CustomEvent<number | null>} */ (event).detail
    list.querySelector('[aria-current]')?.removeAttribute('aria-current')
    if (seq !== null) document.getElementById(`fact-${seq}`)?.setAttribute('aria-current', 'true')
  })

  localTimes(list)
  after(takeNext(list))
  return { readNewer }
}
