import { startActions } from './actions.js'
import { startFigures } from './figures.js'
import { ask, byId, isLoggedOut, page } from './page.js'
import { SessionTable } from './session-table.js'
import { follow } from './stream.js'
import { setNow } from './time.js'

/**
 * The table of all sessions: read once, then kept by the stream; what changed is read anew, in few requests.
 * @typedef {import('./session-table.js').Session} Session
 */

/** At most so many ids are asked for at once, as the service answers. */
const MOST_IDS = 100
const READ_EVERY_MS = 250
/** While the service is not to be reached. */
const FAILED_MS = 2_000
/** What waits for Laravel goes without a fact; rows that say so are looked at again this often. */
const LOOK_AGAIN_MS = 5_000

const table = new SessionTable()
/** @type {Set<string>} */
const stale = new Set()
let reading = false
let turn = 0

/** @returns {Promise<number>} the position behind which the stream has to go on */
async function readAll() {
  let after = ''
  /** @type {number | null} */
  let position = null
  /** @type {Session[]} */
  const all = []
  do {
    const answer = await ask(`/dashboard/sessions?after=${after}`)
    setNow(answer.now)
    position ??= answer.position
    all.push(...answer.sessions)
    if (after === '') table.put(answer.sessions)
    after = answer.next ?? ''
  } while (after !== '')
  table.replaceAll(all)
  return position ?? 0
}

/** Reads what changed; while one request runs the others wait, so that there are never more than a few a second. */
async function readStale() {
  if (reading || stale.size === 0 || isLoggedOut) return
  reading = true
  let pause = READ_EVERY_MS
  const ids = [...stale].slice(0, MOST_IDS)
  for (const id of ids) stale.delete(id)
  try {
    const query = ids.map(id => `id=${encodeURIComponent(id)}`).join('&')
    const { now, sessions } = await ask(`/dashboard/sessions?${query}`)
    setNow(now)
    table.put(sessions)
    const found = new Set(sessions.map((/** @type {Session} */ one) => one.session_id))
    table.remove(ids.filter(id => !found.has(id)))
  } catch {
    pause = FAILED_MS
    for (const id of ids) stale.add(id)
  } finally {
    reading = false
  }
  if (stale.size > 0) setTimeout(readStale, pause)
}

/** @param {Iterable<string>} ids */
export function readAnew(ids) {
  for (const id of ids) stale.add(id)
  void readStale()
}

/** Some of those that wait, the next ones each time, so that each has its turn. */
function nextWaiting() {
  const ids = table.waitingIds()
  const from = turn < ids.length ? turn : 0
  turn = from + MOST_IDS
  return ids.slice(from, turn)
}

async function start() {
  const position = await readAll()
  follow(position, {
    facts: facts => readAnew(new Set(facts.map(fact => fact.session_id))),
    reset: () => location.reload(),
  })
  setInterval(() => {
    if (!document.hidden) readAnew(nextWaiting())
  }, LOOK_AGAIN_MS)
}

startFigures(() => table.byState())
if (page.access === 'write') startActions(table)
start().catch(error => {
  byId('empty').textContent = error.message
  setTimeout(() => location.reload(), 5_000)
})
