import { byId } from './page.js'
import { localTimes, oneAtATime, part, session, takeNext } from './session-parts.js'

/** What waits for Laravel goes without a fact: a chat that says so is looked at again this often. */
const LOOK_AGAIN_MS = 5_000

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
    button.addEventListener('click', async () => {
      button.disabled = true
      const page = await part(`${path()}?before=${from}`)
      const before = page.querySelector('#bubbles')
      const now = messages()
      if (before === null || now === null) return
      remember(before)
      const height = now.scrollHeight
      now.prepend(...before.children)
      olderMessages()
      now.scrollTop += now.scrollHeight - height
    })
    place.querySelector('.chat-head')?.append(button)
  }

  const isAtEnd = (/** @type {Element} */ { scrollHeight, scrollTop, clientHeight }) =>
    scrollHeight - scrollTop - clientHeight < 40
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

  /** @param {string | null} chat @param {boolean} [goesThere] */
  async function choose(chat, goesThere = true) {
    chosen = chat
    section.toggleAttribute('data-chosen', chat !== null)
    mark()
    if (chat === null) return
    const page = await part(path()).catch(error => error.message)
    if (chosen !== chat) return
    drawn = new Map()
    if (typeof page === 'string') {
      place.textContent = page
      return
    }
    remember(page)
    place.replaceChildren(page)
    olderMessages()
    toEnd()
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
    if (now === null) return void place.replaceChildren(page)
    const stays = isAtEnd(now)
    takeNext(then)
    for (const one of [...then.children]) {
      const html = one.outerHTML
      if (drawn.get(one.id) === html) continue
      drawn.set(one.id, html)
      const before = document.getElementById(one.id)
      one.querySelector('.about')?.toggleAttribute('open', before?.querySelector('.about[open]') != null)
      if (before === null) now.append(one)
      else before.replaceWith(one)
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
    if (!document.hidden && place.querySelector('[data-status="waiting"]')) void readAnew()
  }, LOOK_AGAIN_MS)

  localTimes(section)
  after(takeNext(list))
  remember(place)
  olderMessages()
  toEnd()
  return { readAnew }
}
