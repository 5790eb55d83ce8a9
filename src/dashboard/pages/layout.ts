import { html, raw } from 'hono/html'
import type { Visitor } from '../../ports/dashboard/dashboard.ts'
import type { Assets } from '../assets.ts'
import type { Language } from '../words/languages.ts'
import type { Words } from '../words/words.ts'

/** What every page is drawn from. */
export interface PageParts {
  words: Words
  language: Language
  visitor: Visitor
  assets: Assets
}

export type Markup = ReturnType<typeof html>

interface Content {
  title: string
  /** The module that brings the page to life; without one it follows nothing. */
  script?: string
  /** Its own, beside those of every page, in this order. */
  styles: string[]
  /** The entry of the navigation that is shown as current, if it is one. */
  current: 'sessions' | 'deliveries' | null
  main: Markup
  /** What the script is told: plain JSON, no secret. */
  data?: Record<string, unknown>
}

/** The page around its content: navigation, whether it is live, and what its scripts are told. */
export function layout(
  parts: PageParts,
  { title, script, styles, current, main, data = {} }: Content,
): Markup {
  const { words, visitor } = parts
  const entry = (name: NonNullable<Content['current']>, href: string) =>
    html`<a href="${href}"${name === current ? raw(' aria-current="page"') : ''}>${words.nav[name]}</a>`
  return whole(
    parts,
    title,
    html`<a class="skip" href="#main">${words.skip}</a>
<header class="top">
  <a class="brand" href="/">${mark}<span>${words.product}</span></a>
  <nav aria-label="${words.nav.label}">${entry('sessions', '/')}${entry('deliveries', '/dashboard/deliveries')}</nav>
  <div class="standing">
    ${script === undefined ? '' : html`<span class="live" id="live" data-live="connecting" role="status"><span>${words.live.connecting}</span></span>`}
    ${visitor.access === 'read' ? html`<span class="badge" title="${words.readOnlyHint}">${words.readOnly}</span>` : ''}
    ${visitor.loggedIn ? html`<button class="quiet" id="log-out" type="button">${words.logOut}</button>` : ''}
  </div>
</header>
<noscript><p class="notice bad">${words.noScript}</p></noscript>
<p class="notice bad" id="cut" role="alert" hidden></p>
<main id="main" tabindex="-1">${main}</main>
<div class="toasts" id="toasts" role="status" aria-live="polite"></div>
<script type="application/json" id="page-data">${json({ words, language: parts.language, access: visitor.access, ...data })}</script>`,
    styles,
    // It ends a login.
    script ?? 'page.js',
  )
}

const OF_EVERY_PAGE = ['dashboard.css', 'frame.css', 'controls.css']

/** A whole document, which loads nothing but from this service. */
export function whole(
  { assets, language }: PageParts,
  title: string,
  body: Markup,
  styles: string[],
  script?: string,
): Markup {
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="${assets.base}mark.svg" type="image/svg+xml">
${[...OF_EVERY_PAGE, ...styles].map(name => html`<link rel="stylesheet" href="${assets.base}${name}">`)}
${script === undefined ? '' : scripts(assets, script)}
</head>
<body>
${body}
</body>
</html>
`
}

const scripts = ({ base, importsOf }: Assets, script: string) =>
  html`<script type="module" src="${base}${script}"></script>
${importsOf(script).map(name => html`<link rel="modulepreload" href="${base}${name}">`)}`

/** No browser runs it, and nothing in it can end its element. */
const json = (data: unknown) => raw(JSON.stringify(data).replaceAll('<', '\\u003c'))

/** The sign of the product. */
export const mark = html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><path d="M16 3C8.8 3 3 8.4 3 15c0 2.6.9 5 2.5 7L4 29l7-2.2c1.6.5 3.2.8 5 .8 7.2 0 13-5.500 13-12.300S23.200 3 16 3Z"/><path class="pulse" d="M8 16h4l2-5 4 9 2-4h4"/></svg>`
