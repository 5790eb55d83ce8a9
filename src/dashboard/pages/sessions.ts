import { html } from 'hono/html'
import { createDialog, sessionDialogs } from './dialogs.ts'
import { layout, type Markup, type PageParts } from './layout.ts'

/** As the scripts count them (`kindOf` in assets/states.js), and the words for each. */
const KINDS = {
  open: 'open',
  awaitingQr: 'awaitingQr.shown',
  starting: 'starting',
  reconnecting: 'reconnecting',
  asleep: 'reconnecting.hibernated',
  loggedOut: 'loggedOut',
} as const
const COLUMNS = [
  'session',
  'state',
  'since',
  'account',
  'lastMessage',
  'laravel',
  'whatsapp',
  'actions',
] as const

/** All sessions as a table that follows what happens. */
export function sessionsPage(parts: PageParts): Markup {
  const { words, visitor } = parts
  const { sessions, figures } = words
  const figure = (name: Exclude<keyof typeof figures, 'label'>, path?: string) =>
    html`<div class="figure" data-figure="${name}"><dt>${path === undefined ? figures[name] : html`<a href="${path}">${figures[name]}</a>`}</dt><dd>–</dd></div>`
  return layout(parts, {
    title: `${sessions.title} · ${words.product}`,
    script: 'sessions.js',
    styles: ['figures.css', 'sessions.css'],
    current: 'sessions',
    main: html`<section id="health" aria-label="${words.health.label}" aria-live="polite" hidden></section>
<div class="head">
  <h1>${sessions.title}</h1>
  ${visitor.access === 'write' ? html`<button class="primary" id="create" type="button">${sessions.create}</button>` : ''}
</div>
<dl class="figures" id="figures" aria-label="${figures.label}">
  ${figure('sessions')}${figure('open')}${figure('waiting')}${figure('reconnecting')}${figure('asleep')}${figure('loggedOut')}${figure('deliveries', '/dashboard/deliveries')}${figure('dead', '/dashboard/deliveries#dead')}
</dl>
<div class="tools" role="search">
  <label class="search"><span class="unseen">${sessions.search}</span>
    <input id="search" type="search" placeholder="${sessions.searchHint}" autocomplete="off" spellcheck="false" aria-keyshortcuts="/" maxlength="100"></label>
  <fieldset class="chips" id="filter"><legend class="unseen">${sessions.filter}</legend>
    <label><input type="radio" name="state" value="" checked><span>${sessions.all}</span></label>
    ${Object.entries(KINDS).map(([kind, state]) => html`<label><input type="radio" name="state" value="${kind}"><span>${words.states[state]}</span></label>`)}
  </fieldset>
  <label class="sort"><span>${sessions.sort}</span>
    <select id="sort">${Object.entries(sessions.sorts).map(([value, text]) => html`<option value="${value}">${text}</option>`)}</select></label>
</div>
<div class="table" id="table" role="table" aria-label="${sessions.title}" aria-busy="true">
  <div role="rowgroup" class="columns"><div role="row" class="row">${COLUMNS.map(name => html`<div role="columnheader" class="c-${name}">${name === 'actions' ? html`<span class="unseen">${sessions.columns[name]}</span>` : sessions.columns[name]}</div>`)}</div></div>
  <div role="rowgroup" id="rows"></div>
</div>
<div class="empty" id="empty"><p>${sessions.loading}</p></div>
<p class="foot"><span id="count" role="status"></span><span class="keys">${sessions.keys}</span></p>
${visitor.access === 'write' ? html`${createDialog(parts)}${sessionDialogs(parts)}<div id="menu" popover role="menu"></div>` : ''}`,
  })
}
