import { html } from 'hono/html'
import type { LaravelWay, PastMessage } from '../../ports/dashboard/history.ts'
import type { LaravelCause } from '../../ports/laravel.ts'
import type { SessionWords } from '../words/session-words.ts'
import { failureMarkup } from './fact-sentence.ts'
import { filled, type Markup, technical, timeOf } from './markup.ts'

/** The way of a message, step by step: what is done has its time. */
export function wayMarkup(words: SessionWords, message: PastMessage): Markup {
  const { message: said } = words
  const steps = message.direction === 'in' ? wayIn(words, message) : wayOut(words, message)
  return html`<ol class="way" aria-label="${said.way}">${steps}</ol>`
}

const step = (kind: 'done' | 'waits' | 'bad' | 'unknown', words: Markup | string, at?: number) =>
  html`<li class="${kind}">${words}${at === undefined ? '' : html` ${timeOf(at)}`}</li>`

function wayIn(words: SessionWords, { at, message, laravel }: PastMessage): Markup[] {
  const { message: said } = words
  const sent = Date.parse(message.timestamp)
  return [
    step('done', said.received, Number.isNaN(sent) ? at : sent),
    step('done', said.stored, at),
    ...(laravel === null ? [] : [laravelStep(words, laravel)]),
  ]
}

function laravelStep(words: SessionWords, way: LaravelWay): Markup {
  const { message: said } = words
  if (way.state === 'settled') return step('unknown', said.laravelUnknown)
  if (way.state === 'taken')
    return way.at === null ? step('done', said.laravelTookOnce) : step('done', said.laravelTook, way.at)
  const error = laravelError(words, way)
  if (way.state === 'dead') return step('bad', filled(said.laravelDead, { error }))
  const values = { at: timeOf(way.nextAt), attempts: String(way.attempts), error }
  return step('waits', filled(way.attempts === 0 ? said.laravelWaits : said.laravelTried, values))
}

/** What an error of Laravel's means, beside what is stored of it. */
export function laravelError(
  { reasons }: SessionWords,
  { cause, error }: { cause: LaravelCause | null; error: string | null },
): Markup {
  const shown = technical(error ?? '–')
  return cause === null ? shown : html`${reasons[`laravel_${cause}`]} ${shown}`
}

function wayOut(words: SessionWords, { history, error, attempts }: PastMessage): Markup[] {
  const { message: said } = words
  const steps = history.map(({ status, at, error: why }) => {
    const name = said.statuses[status] ?? status
    if (status === 'unknown') return step('bad', name, at)
    const isBad = status === 'failed'
    return step(isBad ? 'bad' : 'done', why === undefined ? name : html`${name}: ${failure(words, why)}`, at)
  })
  // What WhatsApp refused for now, and what left more than once.
  if (error !== null && history.at(-1)?.error === undefined) steps.push(step('bad', failure(words, error)))
  if (attempts > 1) steps.push(step('waits', filled(said.attempts, { attempts: String(attempts) })))
  return steps
}

/** A row tells of a failure by its code and a sentence: `463: WhatsApp does …`. */
const failure = (words: SessionWords, told: string): Markup | string =>
  failureMarkup(words, told.split(': ')[0]!, told)
