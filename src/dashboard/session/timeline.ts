import { html } from 'hono/html'
import type { FactPage, PastFact } from '../../ports/dashboard/history.ts'
import type { SessionWords } from '../words/session-words.ts'
import { factSentence, sentenceFor } from './fact-sentence.ts'
import { cut, fill, foreignLine, type Markup, timeOf } from './markup.ts'
import { stateMarkup } from './state-markup.ts'

/** The raw row is shown up to so many characters. */
const LONGEST_ROW = 20_000

/** Facts as lines of a list, in words beside the row that the log has; newest first. */
export const factsMarkup = (words: SessionWords, { facts, names }: FactPage): Markup =>
  html`${facts.map(fact => factMarkup(words, fact, names))}`

function factMarkup(words: SessionWords, fact: PastFact, names: FactPage['names']): Markup {
  const { seq, at, type, data, from, state } = fact
  const { timeline } = words
  const row = cut(
    JSON.stringify({ seq, at: isoOr(at), type, data, ...(state !== null && { state }) }, null, 2),
    LONGEST_ROW,
  )
  return html`<li class="fact-line" id="fact-${seq}" data-seq="${seq}" data-kind="${state === null ? 'messages' : 'lifecycle'}">
<button class="seq" type="button" data-show="${seq}" title="${fill(timeline.show, { seq })}"><span class="unseen">${fill(timeline.show, { seq })}</span><span aria-hidden="true">${seq}</span></button>
<div class="what"><p>${factSentence(words, fact, names)}${sentenceFor(words, fact) === null ? html` <span class="sub">${timeline.unknown}</span>` : ''}</p>
<p class="sub">${timeOf(at)}${movedMarkup(from, state)}</p></div>
<details class="raw"><summary><span class="unseen">${timeline.raw}: </span><code>${foreignLine(type)}</code></summary><pre tabindex="0">${row}</pre></details></li>`
}

function movedMarkup(from: string | null, state: string | null): Markup | string {
  if (state === null || state === from) return ''
  return html` <span class="moved">${from === null ? '' : html`<span class="left">${from.replaceAll('.', ' › ')}</span> → `}${stateMarkup(state)}</span>`
}

const isoOr = (at: number) => {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? at : date.toISOString()
}
