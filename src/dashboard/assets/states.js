import { words } from './page.js'

/**
 * What a session's state is called: the word of the deepest state that has one.
 * @param {{ state: string, detail: string | null }} session
 */
export function stateWord({ state, detail }) {
  /** @type {Record<string, string>} */
  const names = words.states
  const path = detail === null ? [state] : [state, ...detail.split('.')]
  while (path.length > 1 && names[path.join('.')] === undefined) path.pop()
  return names[path.join('.')] ?? state
}

/**
 * How it is counted and filtered: asleep is no lost connection.
 * @param {{ state: string, detail: string | null }} session
 */
export const kindOf = ({ state, detail }) => (detail === 'hibernated' ? 'asleep' : state)

/**
 * Whether a phone can be linked: none is, or WhatsApp no longer knows the one that was.
 * @param {{ state: string, wa_id: string | null }} session
 */
export const isToBeLinked = ({ state, wa_id: number }) =>
  state !== 'open' && !(number !== null && (state === 'reconnecting' || state === 'starting'))

/**
 * Why it is so, as a sentence; null while all is well.
 * @param {{ state: string, reason: string | null, reason_text: string | null }} session
 */
export function sentenceOf({ state, reason, reason_text: text }) {
  if (reason === null || state === 'open') return null
  /** @type {Record<string, string>} */
  const reasons = words.reasons
  return reasons[reason] ?? text
}

/**
 * How a state is coloured: what is well, what somebody has to do, what mends itself, what does not, and what is at rest.
 * @param {{ state: string, detail: string | null }} session
 * @returns {'good' | 'info' | 'warn' | 'bad' | 'calm'}
 */
export function toneOf({ state, detail }) {
  if (detail === 'banned' || detail === 'refused') return 'bad'
  if (detail === 'hibernated' || detail === 'unlinking' || detail === 'expired') return 'calm'
  if (state === 'open') return 'good'
  if (state === 'awaitingQr') return 'info'
  return state === 'loggedOut' ? 'calm' : 'warn'
}
