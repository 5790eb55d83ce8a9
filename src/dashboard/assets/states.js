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
 * Why it is so, as a sentence; null while all is well.
 * @param {{ state: string, reason: string | null, reason_text: string | null }} session
 */
export function sentenceOf({ state, reason, reason_text: text }) {
  if (reason === null || state === 'open') return null
  /** @type {Record<string, string>} */
  const reasons = words.reasons
  return reasons[reason] ?? text
}
