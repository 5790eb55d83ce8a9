import { byId, loginEnded, words } from './page.js'

/** The one stream of the page: what is committed, from a position on, each fact once, whatever is cut in between. */

/**
 * @typedef {{ session_id: string, seq: number, at: string, type: string, data: Record<string, unknown> }} Fact
 * @typedef {{ facts(facts: Fact[]): void, reset(): void }} Listener
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
 * Follows all sessions, or the one whose log `path` is, from behind `position` on.
 * @param {number} position
 * @param {Listener} listener
 * @param {string} [path]
 */
export function follow(position, listener, path = '/events') {
  let last = position
  /** @type {Fact[]} */
  let gathered = []
  /** @type {EventSource} */
  let source
  let ended = false

  const hand = () => {
    const facts = gathered
    gathered = []
    listener.facts(facts)
    document.dispatchEvent(new CustomEvent('facts', { detail: facts }))
  }
  const open = () => {
    if (ended) return
    source = new EventSource(`${path}?after=${last}`)
    source.onopen = () => show('live')
    source.onmessage = ({ data, lastEventId }) => {
      const at = Number(lastEventId)
      // Told before: the stream was resumed from further back than we had read.
      if (at <= last) return
      last = at
      if (gathered.push(JSON.parse(data)) === 1) setTimeout(hand, GATHER_MS)
    }
    source.addEventListener('reset', event => {
      last = Number(/** @type {MessageEvent} */ (event).lastEventId)
      gathered = []
      listener.reset()
    })
    source.onerror = () => {
      show('cut')
      // The browser tries again by itself, unless it was refused.
      if (source.readyState === EventSource.CLOSED) void again()
    }
  }
  const again = async () => {
    source.close()
    const status = await fetch('/dashboard/figures', { method: 'HEAD' }).then(
      answer => answer.status,
      () => 0,
    )
    if (status === 401) return loginEnded()
    setTimeout(open, AGAIN_MS)
  }
  document.addEventListener('login-ended', () => {
    ended = true
    source.close()
    show('ended')
  })
  open()
}
