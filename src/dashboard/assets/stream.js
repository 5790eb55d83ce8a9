import { byId, isLoggedOut, loginEnded, words } from './page.js'

/** The one stream of the page: what is committed, from a position on, each fact once, whatever is cut in between. */

/**
 * @typedef {{ session_id: string, seq: number, at: string, type: string, data: Record<string, unknown> }} Fact
 * @typedef {{ facts(facts: Fact[]): void, reset(): void, resumed?(): void }} Listener
 */

/** So often what has arrived is handed on. */
const GATHER_MS = 250
const AGAIN_MS = 2_000

/** @type {'connecting' | 'live' | 'cut' | 'ended'} */
let standing = 'connecting'

/** @param {typeof standing} next */
function show(next) {
  if (next === standing) return
  standing = next
  const live = byId('live')
  live.dataset.live = next
  live.replaceChildren(document.createElement('span'))
  const word =
    next === 'live' ? words.live.live : next === 'connecting' ? words.live.connecting : words.live.off
  if (live.firstElementChild) live.firstElementChild.textContent = word
  if (next === 'ended') return
  const notice = byId('cut')
  notice.textContent = next === 'cut' ? words.live.cut : ''
  notice.hidden = next !== 'cut'
}

/**
 * Follows all sessions, or the one whose log `path` is, from behind `position` on. While nobody sees the page it holds no stream, of which a
 * browser has six for all its tabs; it goes on from where it was.
 * @param {number} position
 * @param {Listener} listener
 * @param {string} [path]
 */
export function follow(position, listener, path = '/events') {
  let last = position
  /** @type {Fact[]} */
  let gathered = []
  /** @type {EventSource | undefined} */
  let source
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting
  let opens = 0

  const hand = () => {
    const facts = gathered
    gathered = []
    if (facts.length === 0) return
    listener.facts(facts)
    document.dispatchEvent(new CustomEvent('facts', { detail: facts }))
  }
  const open = () => {
    clearTimeout(waiting)
    source?.close()
    if (isLoggedOut || document.hidden) return
    const opened = new EventSource(`${path}?after=${last}`)
    source = opened
    opened.onopen = () => {
      show('live')
      if (++opens > 1) listener.resumed?.()
    }
    opened.onmessage = ({ data, lastEventId }) => {
      const at = Number(lastEventId)
      // Told before: the stream was resumed from further back than we had read.
      if (at <= last) return
      last = at
      if (gathered.push(JSON.parse(data)) === 1) setTimeout(hand, GATHER_MS)
    }
    opened.addEventListener('reset', event => {
      last = Number(/** @type {MessageEvent} */ (event).lastEventId)
      gathered = []
      listener.reset()
    })
    opened.onerror = () => {
      show('cut')
      // The browser tries again by itself, unless it was refused.
      if (opened.readyState === EventSource.CLOSED) void again(opened)
    }
  }
  /** The page itself says why: the login has ended, or what it is about is gone. @param {EventSource} refused */
  const again = async refused => {
    const headers = { accept: 'application/json' }
    const status = await fetch(location.pathname, { method: 'HEAD', headers }).then(
      answer => answer.status,
      () => 0,
    )
    if (status === 401) return loginEnded()
    if (status === 404) return location.reload()
    if (source === refused) waiting = setTimeout(open, AGAIN_MS)
  }
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) source?.close()
    else open()
  })
  document.addEventListener('login-ended', () => {
    source?.close()
    show('ended')
  })
  open()
}
