import { html } from 'hono/html'
import type { LaravelWay, PastMessage } from '../../ports/dashboard/history.ts'
import type { SessionWords } from '../words/session-words.ts'
import { filled, foreignLine, type Markup, timeOf } from './markup.ts'

/** The way of a message, step by step: what is done has its time. */
export function wayMarkup({ message: said }: SessionWords, message: PastMessage): Markup {
  const steps = message.direction === 'in' ? wayIn(said, message) : wayOut(said, message)
  return html`<ol class="way" aria-label="${said.way}">${steps}</ol>`
}

type Said = SessionWords['message']

const step = (kind: 'done' | 'waits' | 'bad', words: Markup | string, at?: number) =>
  html`<li class="${kind}">${words}${at === undefined ? '' : html` ${timeOf(at)}`}</li>`

function wayIn(said: Said, { at, message, laravel }: PastMessage): Markup[] {
  const sent = Date.parse(message.timestamp)
  return [
    step('done', said.received, Number.isNaN(sent) ? at : sent),
    step('done', said.stored, at),
    ...(laravel === null ? [] : [laravelStep(said, laravel)]),
  ]
}

function laravelStep(said: Said, way: LaravelWay): Markup {
  if (way.state === 'settled') return step('done', said.laravelHas)
  const error = foreignLine(way.error ?? '–')
  if (way.state === 'dead') return step('bad', filled(said.laravelDead, { error }))
  const values = { at: timeOf(way.nextAt), attempts: String(way.attempts), error }
  return step('waits', filled(way.attempts === 0 ? said.laravelWaits : said.laravelTried, values))
}

function wayOut(said: Said, { history, error, attempts }: PastMessage): Markup[] {
  const steps = history.map(({ status, at, error: why }) => {
    const bad = status === 'failed' || status === 'unknown'
    const words = said.statuses[status] ?? status
    return step(bad ? 'bad' : 'done', why === undefined ? words : html`${words}: ${foreignLine(why)}`, at)
  })
  // What WhatsApp refused for now, and what left more than once.
  if (error !== null && history.at(-1)?.error === undefined) steps.push(step('bad', foreignLine(error)))
  if (attempts > 1) steps.push(step('waits', filled(said.attempts, { attempts: String(attempts) })))
  return steps
}
