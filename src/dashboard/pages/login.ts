import { html } from 'hono/html'
import { type Markup, mark, type PageParts, whole } from './layout.ts'

/** The form that takes an API key; it works without scripts. `next`: the path that was asked for. */
export function loginPage(parts: PageParts, next: string): Markup {
  const { words, visitor } = parts
  const { login } = words
  const why =
    visitor.refusal && { wrong_key: login.wrongKey, too_many_tries: login.tooManyTries }[visitor.refusal]
  return whole(
    parts,
    `${login.title} · ${words.product}`,
    html`<main class="login" id="main">
  <form method="post" action="/login" class="card">
    <h1>${mark}<span>${words.product}</span></h1>
    ${why === undefined ? '' : html`<p class="notice bad" role="alert" id="why">${why}</p>`}
    <input type="hidden" name="next" value="${next}">
    <label for="key">${login.key}</label>
    <input id="key" name="key" type="password" autocomplete="current-password" required autofocus aria-describedby="hint${why === undefined ? '' : ' why'}">
    <p class="hint" id="hint">${login.hint}</p>
    <button class="primary" type="submit">${login.submit}</button>
  </form>
</main>`,
    ['login.css'],
  )
}
