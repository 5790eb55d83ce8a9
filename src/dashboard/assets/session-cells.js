import { element, fill, foreign, page, words } from './page.js'
import { sentenceOf, stateWord, toneOf } from './states.js'
import { countdown, keep, timeAgo } from './time.js'

/** @import { Session } from './session-table.js' */

/** Where counting ends, in src/ports/dashboard/overview.ts. */
const MOST_COUNTED = 1000

/** What a row says of a session. @param {Session} session */
export function cellsOf(session) {
  const { session_id: id, waiting, push_name: name, wa_id: number } = session
  /** @param {string} column @param {...(Node | string)} children */
  const cell = (column, ...children) => element('div', { role: 'cell', class: `c-${column}` }, ...children)
  /** @param {string} label @param {Node} value */
  const labelled = (label, value) => [element('span', { class: 'label', text: label }), value]
  const link = element('a', { href: `/dashboard/sessions/${id}`, class: 'id' }, foreign(id))
  const user = element('span', { class: 'sub' }, foreign(fill(words.sessions.user, { id: session.user_id })))
  const account =
    number === null
      ? [element('span', { class: 'none', text: words.sessions.noAccount })]
      : [foreign(name ?? ''), element('span', { class: 'sub', text: `+${number}` })]
  const { columns } = words.sessions
  return [
    cell('session', link, user),
    cell('state', ...stateOf(session)),
    cell('since', ...labelled(columns.since, timeAgo(session.since))),
    cell('account', ...account),
    cell(
      'lastMessage',
      ...labelled(
        columns.lastMessage,
        timeAgo(session.last_activity > session.created_at ? session.last_activity : null),
      ),
    ),
    cell(
      'laravel',
      ...labelled(columns.laravel, countOf(waiting.deliveries, words.sessions.waitsForLaravel)),
    ),
    cell('whatsapp', ...labelled(columns.whatsapp, countOf(waiting.sends, words.sessions.waitsToBeSent))),
    cell(
      'actions',
      ...(page.access === 'write'
        ? [
            element(
              'button',
              {
                type: 'button',
                class: 'more',
                'aria-haspopup': 'menu',
                'aria-label': fill(words.sessions.actionsFor, { id }),
              },
              '⋯',
            ),
          ]
        : []),
    ),
  ]
}

/** The state in colour and word, why, and when it is tried again. @param {Session} session */
export function stateOf(session) {
  const parts = [element('span', { class: 'state', 'data-tone': toneOf(session), text: stateWord(session) })]
  const { retry_at: retryAt, detail } = session
  if (retryAt !== null && session.state === 'reconnecting') {
    const next = element('span', { class: 'next' })
    const { nextTry, nextTryNow, wakes } = words.sessions
    keep(next, () => {
      const left = countdown(retryAt)
      return left === null ? nextTryNow : fill(detail === 'hibernated' ? wakes : nextTry, { in: left })
    })
    parts.push(next)
  }
  const sentence = sentenceOf(session)
  if (sentence !== null)
    parts.push(element('span', { class: 'why', title: sentence }, foreign(sentence, 300)))
  return parts
}

/** @param {number} count @param {string} sentence */
function countOf(count, sentence) {
  const shown = count >= MOST_COUNTED ? fill(words.sessions.more, { count }) : String(count)
  if (count === 0)
    return element('span', { class: 'count none', 'aria-label': words.sessions.nothing, text: '–' })
  return element('span', { class: 'count', title: fill(sentence, { count: shown }), text: shown })
}
