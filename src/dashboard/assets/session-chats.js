import { attempt, byId, isLoggedOut } from './page.js'
import { localTimes, oneAtATime, part, session, takeNext } from './session-parts.js'

/** What waits for Laravel goes without a fact: a chat that says so is looked at again this often. */
const LOOK_AGAIN_MS = 5_000

const FILE = 'audio, video, .picture'

/** A bubble by a newer one; its file stays the element that it was, and plays on. @param {Element} before @param {Element} after */
function replace(before, after) {
  const [file, same] = [before.querySelector(FILE), after.querySelector(FILE)]
  before.replaceWith(after)
  if (file !== null && same !== null && sourceOf(file) === sourceOf(same)) same.replaceWith(file)
}

/** @param {Element} file */
const sourceOf = file => (file.querySelector('img') ?? file).getAttribute('src')

/** Of a file that nobody can draw its name is shown, as of others. @param {EventTarget | null} target */
function showInWords(target) {
  if (!(target instanceof HTMLImageElement)) return
  target.hidden = true
  target.nextElementSibling?.removeAttribute('hidden')
}

/** The chats of a session, and the one that is read. */
export function startChats() {
  const section = byId('chats')
  const list = byId('chat-list')
  const place = byId('chat')
  const older = byId('older-chats')
  /** @type {string | null} */
  let chosen = new URL(location.href).searchParams.get('chat')
  /** @type {number | null} */
  let next = null
  /** What each message looked like when it was drawn: only what changed is drawn anew. @type {Map<string, string>} */
  let drawn = new Map()

  /** @param {number | null} from */
  function after(from) {
    next = from
    older.hidden = next === null
    byId('no-chats').hidden = list.childElementCount > 0
    mark()
  }

  function mark() {
    const of = place.querySelector('#bubbles')?.getAttribute('data-of') ?? chosen
    for (const link of list.querySelectorAll('[data-open]'))
      if (link.getAttribute('data-open') === of) link.setAttribute('aria-current', 'true')
      else link.removeAttribute('aria-current')
  }

  const messages = () => place.querySelector('#bubbles')
  /** @param {ParentNode} root */
  const remember = root => {
    for (const one of root.querySelectorAll('.bubble')) drawn.set(one.id, one.outerHTML)
  }
  const path = () => `/chats/${encodeURIComponent(chosen ?? '')}`

  /** Above the messages stands a button for those before. */
  function olderMessages() {
    const bubbles = messages()
    if (bubbles === null) return
    const from = takeNext(bubbles)
    place.querySelector('.older-messages')?.remove()
    if (from === null) return
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'older-messages'
    button.textContent = session.sessionWords.older
    const read = async () => {
      button.disabled = true
      const page = await part(`${path()}?before=${from}`).finally(() => {
        button.disabled = false
      })
      const before = page.querySelector('#bubbles')
      if (before === null || messages() !== bubbles) return
      remember(before)
      const height = bubbles.scrollHeight
      bubbles.prepend(...before.children)
      olderMessages()
      bubbles.scrollTop += bubbles.scrollHeight - height
    }
    button.addEventListener('click', () => attempt(read))
    place.querySelector('.chat-head')?.append(button)
  }

  const isAtEnd = (/** @type {Element} */ { scrollHeight, scrollTop, clientHeight }) =>
    scrollHeight - scrollTop - clientHeight < 40
  /** All of a chat. @param {DocumentFragment} page */
  function draw(page) {
    drawn = new Map()
    remember(page)
    place.replaceChildren(page)
    olderMessages()
    toEnd()
  }
  let staysAtEnd = true
  const toEnd = () => {
    const bubbles = messages()
    staysAtEnd = true
    if (bubbles) bubbles.scrollTop = bubbles.scrollHeight
  }
  const noteScroll = () => {
    staysAtEnd = isAtEnd(messages() ?? place)
  }
  place.addEventListener('scroll', noteScroll, true)
  // A picture takes its room when it comes.
  place.addEventListener('load', () => staysAtEnd && toEnd(), true)
  place.addEventListener('error', ({ target }) => showInWords(target), true)
  for (const image of place.querySelectorAll('img'))
    if (image.complete && image.naturalWidth === 0) showInWords(image)

  /** @param {string | null} chat @param {boolean} [goesThere] */
  async function choose(chat, goesThere = true) {
    chosen = chat
    section.toggleAttribute('data-chosen', chat !== null)
    mark()
    if (chat === null) return
    const page = await part(path()).catch(error => error.message)
    if (chosen !== chat) return
    if (typeof page === 'string') {
      place.textContent = page
      return
    }
    draw(page)
    if (goesThere) document.getElementById('chat-title')?.focus({ preventScroll: true })
  }

  const readAnew = oneAtATime(async () => {
    const page = await part('/chats')
    const from = takeNext(page)
    const fresh = new Set([...page.querySelectorAll('[data-chat]')].map(one => one.getAttribute('data-chat')))
    const focused = document.activeElement?.getAttribute('data-open')
    for (const line of list.querySelectorAll('[data-chat]'))
      if (fresh.has(line.getAttribute('data-chat'))) line.remove()
    const isFirst = list.childElementCount === 0
    list.prepend(page)
    after(isFirst ? from : next)
    if (focused)
      for (const link of list.querySelectorAll('[data-open]'))
        if (link.getAttribute('data-open') === focused)
          /** @type {HTMLElement} */ (link).focus({ preventScroll: true })
    if (chosen !== null) await readMessages(chosen)
  })

  /** @param {string} chat */
  async function readMessages(chat) {
    const page = await part(path())
    const [now, then] = [messages(), page.querySelector('#bubbles')]
    if (chosen !== chat || then === null) return
    if (now === null || now.getAttribute('data-of') !== then.getAttribute('data-of')) return draw(page)
    const known = Number(now.getAttribute('data-newest'))
    // More came than is read at once: what is between is read by "older".
    if (Number(then.querySelector('.more-of')?.getAttribute('data-next') ?? 0) > known) return draw(page)
    const stays = isAtEnd(now)
    now.setAttribute('data-newest', then.getAttribute('data-newest') ?? '')
    for (const one of then.querySelectorAll('.bubble')) {
      const html = one.outerHTML
      const before = document.getElementById(one.id)
      // It stands with a message that is no longer among the newest.
      if (before === null && Number(one.getAttribute('data-seq')) <= known) continue
      if (drawn.get(one.id) === html) continue
      drawn.set(one.id, html)
      one.querySelector('.about')?.toggleAttribute('open', before?.querySelector('.about[open]') != null)
      if (before === null) now.append(one)
      else replace(before, one)
    }
    place.querySelector('.chat > .empty')?.remove()
    if (stays) toEnd()
  }

  list.addEventListener('click', event => {
    const link = /** @type {Element} */ (event.target).closest('[data-open]')
    if (
      link === null ||
      /** @type {MouseEvent} */ (event).ctrlKey ||
      /** @type {MouseEvent} */ (event).metaKey
    )
      return
    event.preventDefault()
    history.pushState(null, '', /** @type {HTMLAnchorElement} */ (link).href)
    void choose(link.getAttribute('data-open'))
  })
  byId('all-chats').addEventListener('click', () => {
    history.pushState(null, '', location.pathname)
    void choose(null)
  })
  window.addEventListener(
    'popstate',
    () => void choose(new URL(location.href).searchParams.get('chat'), false),
  )
  const readOlder = oneAtATime(async () => {
    if (next === null) return
    const page = await part(`/chats?before=${next}`)
    const from = takeNext(page)
    list.append(page)
    after(from)
  })
  older.addEventListener('click', () => void readOlder())
  setInterval(() => {
    if (!document.hidden && !isLoggedOut && place.querySelector('[data-status="waiting"]')) void readAnew()
  }, LOOK_AGAIN_MS)

  localTimes(section)
  after(takeNext(list))
  remember(place)
  olderMessages()
  toEnd()
  return { readAnew }
}
