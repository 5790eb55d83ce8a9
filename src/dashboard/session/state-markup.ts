import { html } from 'hono/html'
import type { Markup } from './markup.ts'

/** A dotted state, outermost first, coloured as in the table of all sessions (`toneOf` in assets/states.js). */
export function stateMarkup(state: string): Markup {
  const [top = '', ...rest] = state.split('.')
  return html`<span class="state" data-tone="${toneOf(top, rest.join('.'))}">${[top, ...rest].join(' › ')}</span>`
}

/** What is well, what somebody has to do, what mends itself, what does not, and what is at rest. */
export function toneOf(state: string, detail: string): 'good' | 'info' | 'warn' | 'bad' | 'calm' {
  if (detail === 'banned' || detail === 'refused') return 'bad'
  if (detail === 'hibernated' || detail === 'unlinking' || detail === 'expired') return 'calm'
  if (state === 'open') return 'good'
  if (state === 'awaitingQr') return 'info'
  return state === 'loggedOut' ? 'calm' : 'warn'
}
