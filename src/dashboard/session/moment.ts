import { html } from 'hono/html'
import type { Moment } from '../../ports/dashboard/history.ts'
import type { Chart } from '../statechart/machine-graph.ts'
import { lineage, litFor } from '../statechart/ways.ts'
import type { SessionWords } from '../words/session-words.ts'
import { contextChanges } from './context-changes.ts'
import { factSentence, reasonFor } from './fact-sentence.ts'
import { filled, foreignLine, type Markup, timeOf } from './markup.ts'
import { stateMarkup } from './state-markup.ts'

/** The machine as it was after a fact: where it stood, what had changed, what was possible. Its element tells the script what to light. */
export function momentMarkup(words: SessionWords, chart: Chart, moment: Moment): Markup {
  const { fact, asked, lastSeq, previous, next, can } = moment
  const { moment: said } = words
  const tells = { asked, last: lastSeq, seq: fact.seq, previous, next, state: fact.state }
  const lit = litFor(chart, fact)
  return html`<div class="moment" data-moment="${JSON.stringify({ ...tells, lit })}">
<p class="fact"><span class="seq">${filled(said.of, { seq: `${fact.seq}`, last: `${lastSeq}` })}</span> ${timeOf(fact.at)}</p>
<p class="said">${factSentence(words, fact)}</p>
<p class="standing-at"><span class="unseen">${said.state}: </span>${stateMarkup(fact.state)} <span class="sub">${next === null ? said.current : said.past}</span></p>
${aboutState(words, fact.state)}
<h3>${said.changed}</h3>
${changesMarkup(words, moment)}
<h3>${next === null ? said.possibleNow : said.possible}</h3>
${can.length === 0 ? html`<p class="sub">${said.nothingPossible}</p>` : html`<ul class="can">${can.map(type => html`<li class="mono">${type}</li>`)}</ul>`}
<details class="context"><summary>${said.context}</summary><pre tabindex="0">${JSON.stringify(moment.context, null, 2)}</pre></details>
</div>`
}

/** What the innermost state means of which that can be said. */
function aboutState({ states }: SessionWords, path: string): Markup | string {
  const around = lineage(path).find(one => Object.hasOwn(states, one))
  return around === undefined ? '' : html`<p class="sub">${states[around]}</p>`
}

function changesMarkup(words: SessionWords, { context, contextBefore }: Moment): Markup {
  const { moment: said } = words
  const changes = contextChanges(contextBefore ?? {}, context)
  if (changes.length === 0) return html`<p class="sub">${said.nothingChanged}</p>`
  const value = (path: string, one: unknown, { reason }: Record<string, unknown>) => {
    if (one === undefined) return html`<span class="none">${said.absent}</span>`
    const why = path === 'reasonText' && one !== null ? reasonFor(words, reason) : null
    return why ?? valueMarkup(path, one)
  }
  return html`${contextBefore === null ? html`<p class="sub">${said.first}</p>` : ''}
<div class="scrolls" tabindex="0" role="region" aria-label="${said.changed}"><table class="changes"><thead><tr><th scope="col">${said.columns.path}</th><th scope="col">${said.columns.before}</th><th scope="col">${said.columns.after}</th></tr></thead>
<tbody>${changes.map(({ path, before, after }) => html`<tr><th scope="row" class="mono">${path}</th><td>${value(path, before, contextBefore ?? {})}</td><td>${value(path, after, context)}</td></tr>`)}</tbody></table></div>`
}

function valueMarkup(path: string, value: unknown): Markup {
  const name = path.slice(path.lastIndexOf('.') + 1)
  if (typeof value === 'number' && /^(?:at|since|until)$|(?:At|Until)$/.test(name)) return timeOf(value)
  return foreignLine(typeof value === 'string' ? value : JSON.stringify(value))
}
