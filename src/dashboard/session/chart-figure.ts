import { html, raw } from 'hono/html'
import type { Drawing } from '../statechart/draw-chart.ts'
import { type Chart, transitionWords } from '../statechart/machine-graph.ts'
import type { SessionWords } from '../words/session-words.ts'
import type { Markup } from './markup.ts'

/** The statechart, and all of its transitions as a list for whoever does not see it; null: it could not be drawn. */
export function chartFigure(words: SessionWords, chart: Chart, drawing: Drawing | null): Markup {
  const { chart: said } = words
  return html`<figure class="chart">
<div class="scrolls" tabindex="0" role="region" aria-label="${said.title}">${drawing === null ? html`<p class="notice warn">${said.missing}</p>` : svg(words, drawing)}</div>
<figcaption class="sub">${said.hint}</figcaption>
<details class="transitions"><summary>${said.all}</summary>
<div class="scrolls" tabindex="0" role="region" aria-label="${said.all}"><table><thead><tr><th scope="col">${said.columns.from}</th><th scope="col">${said.columns.event}</th><th scope="col">${said.columns.guard}</th><th scope="col">${said.columns.to}</th></tr></thead>
<tbody>${chart.transitions.map(({ from, to, event, guard }) => html`<tr><td>${from || said.everywhere}</td><td>${transitionWords({ event, guard: null }, said.after)}</td><td>${guard ?? ''}</td><td>${to ?? said.stays}</td></tr>`)}</tbody></table></div></details>
</figure>`
}

const svg = ({ chart: { title, description, after }, states }: SessionWords, drawing: Drawing): Markup => {
  const { width, height, inner } = drawing
  return html`<svg class="statechart" id="statechart" role="img" aria-labelledby="chart-title chart-about" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><title id="chart-title">${title}</title><desc id="chart-about">${description}</desc>${raw(inner({ after, states }))}</svg>`
}
