import { html } from 'hono/html'

export type Markup = ReturnType<typeof html>

/** A part of the document: JSON of OpenAPI. */
export type Node = Record<string, unknown>

/** Words of the document, with what stands in backticks as code. */
export const prose = (text: string): Markup =>
  html`${text.split('`').map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part))}`

/** JSON as it is read. */
export const jsonBlock = (value: unknown): Markup =>
  html`<pre tabindex="0"><code>${JSON.stringify(value, null, 2)}</code></pre>`
