import { html } from 'hono/html'
import { layout, type Markup, type PageParts } from './layout.ts'

/** No page has this address. */
export const nothingPage = (parts: PageParts): Markup =>
  layout(parts, {
    title: parts.words.product,
    styles: ['sessions.css'],
    current: null,
    main: html`<div class="empty"><h1>${parts.words.refusals.NOT_FOUND}</h1><p><a href="/">${parts.words.sessions.title}</a></p></div>`,
  })
