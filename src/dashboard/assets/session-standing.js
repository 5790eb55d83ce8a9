import { askAndDo } from './actions.js'
import { closeByButtons } from './dialogs.js'
import { openLink } from './link.js'
import { ask, byId, element, foreign, page, words } from './page.js'
import { stateOf } from './session-cells.js'
import { oneAtATime, session } from './session-parts.js'
import { isToBeLinked } from './states.js'
import { setNow, timeAgo } from './time.js'

/**
 * Where the session stands, in words as in the table of all, and what can be done with it.
 * @typedef {import('./session-table.js').Session} Session
 */

/** @returns {{ read(): Promise<void> }} */
export function startStanding() {
  const { sessionId } = session
  const place = byId('standing')
  /** @type {Session | undefined} */
  let known

  const read = oneAtATime(async () => {
    const { now, sessions } = await ask(`/dashboard/sessions?id=${encodeURIComponent(sessionId)}`)
    setNow(now)
    const found = /** @type {Session | undefined} */ (sessions[0])
    if (found === undefined || JSON.stringify(found) === JSON.stringify(known)) return
    known = found
    place.replaceChildren(...stateOf(found), about(found))
    if (page.access === 'write') offer(found)
  })

  if (page.access === 'write') {
    closeByButtons()
    byId('link').addEventListener('click', () => {
      if (known !== undefined) openLink(known)
    })
    for (const action of /** @type {const} */ (['restart', 'logout', 'delete']))
      byId(action).addEventListener('click', () => askAndDo(action, sessionId))
  }
  void read()
  return { read }
}

/** Whose account it is, and since when it is as it is. @param {Session} session */
function about({ push_name: name, wa_id: number, since }) {
  const made = element('span', { class: 'about-session' })
  if (name !== null) made.append(element('span', {}, foreign(name, 60)))
  if (number !== null) made.append(element('span', { text: `+${number}` }))
  made.append(element('span', {}, `${words.sessions.columns.since} `, timeAgo(since)))
  return made
}

/** What makes no sense as it stands is not offered. @param {Session} session */
function offer(session) {
  byId('link').hidden = !isToBeLinked(session)
  for (const id of ['restart', 'logout']) byId(id).hidden = session.state === 'loggedOut'
}
