import { html } from 'hono/html'
import { layout, type Markup, type PageParts } from './layout.ts'

/** What waits for Laravel, what it did not take, and how it gets it after all. */
export function deliveriesPage(parts: PageParts): Markup {
  const { words, visitor } = parts
  const { deliveries, actions } = words
  const writes = visitor.access === 'write'
  const tab = (state: 'waiting' | 'dead', checked: boolean) =>
    html`<label><input type="radio" name="state" value="${state}" ${checked ? 'checked' : ''}><span>${deliveries[state]} <b id="count-${state}"></b></span></label>`
  const field = (name: string, label: string, more: Markup) =>
    html`<label for="replay-${name}">${label}</label>
    <input id="replay-${name}" name="${name}" autocomplete="off" ${more}>`
  return layout(parts, {
    title: `${deliveries.title} · ${words.product}`,
    script: 'deliveries.js',
    styles: ['figures.css', 'sessions.css', 'deliveries.css'],
    current: 'deliveries',
    main: html`<section id="health" aria-label="${words.health.label}" aria-live="polite" hidden></section>
<div class="head">
  <h1>${deliveries.title}</h1>
  ${writes ? html`<div class="buttons flat"><button type="button" id="replay">${deliveries.replay}</button><button class="primary" id="retry" type="button">${deliveries.retry}</button></div>` : ''}
</div>
<div class="tools" role="search">
  <fieldset class="chips" id="filter"><legend class="unseen">${deliveries.title}</legend>${tab('waiting', true)}${tab('dead', false)}</fieldset>
  <label class="search"><span class="unseen">${deliveries.session}</span>
    <input id="search" type="search" placeholder="${deliveries.sessionHint}" autocomplete="off" spellcheck="false" maxlength="64" pattern="[A-Za-z0-9_\\-]{0,64}"></label>
</div>
<p class="hint" id="about"></p>
<ul class="letters" id="letters" aria-busy="true"></ul>
<div class="empty" id="empty" hidden></div>
<p class="foot"><button type="button" id="more" hidden>${deliveries.more}</button></p>
${
  writes
    ? html`<dialog id="replay-dialog" aria-labelledby="replay-title">
  <form method="dialog">
    <h2 id="replay-title">${deliveries.replayTitle}</h2>
    <p>${deliveries.replayHint}</p>
    ${field('session_id', deliveries.session, html`required maxlength="64" spellcheck="false"`)}
    ${field('after', deliveries.after, html`required inputmode="numeric" pattern="[0-9]{1,15}" value="0"`)}
    ${field('until', deliveries.until, html`inputmode="numeric" pattern="[0-9]{1,15}"`)}
    <p class="notice bad" role="alert" hidden></p>
    <div class="buttons"><button type="button" class="quiet" data-close>${actions.cancel}</button><button class="primary" type="submit">${deliveries.replaySubmit}</button></div>
  </form>
</dialog>`
    : ''
}`,
  })
}
