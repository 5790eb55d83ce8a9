import { html } from 'hono/html'
import type { Markup, PageParts } from './layout.ts'

/** A new session is asked for. */
export function createDialog({ words: { actions, create } }: PageParts): Markup {
  const field = (name: string, label: string, hint: string, more: Markup) =>
    html`<label for="create-${name}">${label}</label>
    <input id="create-${name}" name="${name}" autocomplete="off" spellcheck="false" title="${hint}" aria-describedby="create-${name}-hint" ${more}>
    <p class="hint" id="create-${name}-hint">${hint}</p>`
  return html`<dialog id="create-dialog" aria-labelledby="create-title">
  <form method="dialog">
    <h2 id="create-title">${create.title}</h2>
    ${field('session_id', create.id, create.idHint, html`maxlength="64" pattern="[A-Za-z0-9_\\-]{1,64}"`)}
    ${field('user_id', create.user, create.userHint, html`required maxlength="64"`)}
    ${field('phone_number', create.phone, create.phoneHint, html`inputmode="tel" maxlength="30" pattern="\\+[0-9 .\\(\\)\\/\\-]{5,29}|[0-9]{5,20}"`)}
    <p class="notice bad" role="alert" hidden></p>
    <div class="buttons"><button type="button" class="quiet" data-close>${actions.cancel}</button><button class="primary" type="submit">${create.submit}</button></div>
  </form>
</dialog>`
}

/** What is asked before something is changed, and a phone being linked. */
export const sessionDialogs = ({ words: { actions } }: PageParts): Markup =>
  html`<dialog id="ask-dialog" aria-labelledby="ask-title" aria-describedby="ask-loss">
  <form method="dialog">
    <h2 id="ask-title"></h2>
    <p id="ask-loss"></p>
    <div id="ask-typed" hidden><label for="ask-word" id="ask-label"></label><input id="ask-word" autocomplete="off" spellcheck="false"></div>
    <p class="notice bad" role="alert" hidden></p>
    <div class="buttons"><button type="button" class="quiet" data-close>${actions.cancel}</button><button class="danger" type="submit"></button></div>
  </form>
</dialog>
<dialog id="link-dialog" aria-labelledby="link-title">
  <h2 id="link-title"></h2>
  <div id="link-body" aria-live="polite"></div>
  <div class="buttons"><button type="button" class="quiet" data-close>${actions.close}</button></div>
</dialog>`
