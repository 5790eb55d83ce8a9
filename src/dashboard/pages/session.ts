import { html } from 'hono/html'
import { layout, type Markup, type PageParts } from './layout.ts'

/** One session. */
export function sessionPage(parts: PageParts, sessionId: string): Markup {
  return layout(parts, {
    title: `${sessionId} · ${parts.words.product}`,
    script: 'session.js',
    current: 'sessions',
    data: { sessionId },
    main: html`<div class="head"><h1><bdi class="clip">${sessionId}</bdi></h1></div>`,
  })
}
