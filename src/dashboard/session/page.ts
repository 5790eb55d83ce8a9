import { html } from 'hono/html'
import { FACT_KINDS, type FactKind } from '../../ports/dashboard/history.ts'
import { sessionDialogs } from '../pages/dialogs.ts'
import { layout, type Markup, type PageParts } from '../pages/layout.ts'
import type { SessionWords } from '../words/session-words.ts'
import { fill } from './markup.ts'

/** What the page of one session is made of; each part can be read anew by itself. */
export interface SessionContent {
  sessionId: string
  /** A session that is deleted and made again under the name is another one. */
  createdAt: number | null
  lastSeq: number
  figure: Markup
  moment: Markup
  facts: Markup
  chats: Markup
  /** The chat that the address names; null: none. */
  chat: Markup | null
}

/** One session: its machine at any fact, its log in words, its chats. */
export function sessionPage(parts: PageParts, words: SessionWords, content: SessionContent): Markup {
  const { sessionId, createdAt, lastSeq } = content
  return layout(parts, {
    title: `${sessionId} · ${parts.words.product}`,
    script: 'session.js',
    styles: [
      'figures.css',
      'sessions.css',
      'session.css',
      'session-chart.css',
      'session-timeline.css',
      'session-chats.css',
    ],
    current: 'sessions',
    data: { sessionId, createdAt, lastSeq, sessionWords: forScript(words) },
    main: html`<div class="head session-head"><div><p class="back"><a href="/">← ${words.allSessions}</a></p><h1><bdi class="clip">${sessionId}</bdi></h1></div>${actions(parts)}</div>
<p id="standing" class="standing-now"></p>
${machine(words, content)}
<div class="beside">${timeline(words, content)}${chats(words, content)}</div>
${parts.visitor.access === 'write' ? sessionDialogs(parts) : ''}`,
  })
}

/** What can be done with the session, for who may; its script hides what makes no sense as it stands. */
function actions({ words, visitor }: PageParts): Markup | '' {
  if (visitor.access !== 'write') return ''
  const { actions: said, sessions } = words
  const button = (id: 'link' | 'restart' | 'logout' | 'delete', more: Markup) =>
    html`<button type="button" id="${id}" ${more}>${said[id]}</button>`
  const ends = html`class="danger-text"`
  return html`<div class="buttons flat" role="group" aria-label="${sessions.columns.actions}">${button('link', html`class="primary" hidden`)}${button('restart', html`hidden`)}${button('logout', html`${ends} hidden`)}${button('delete', ends)}</div>`
}

/** No session has the name. */
export const goneSession = (parts: PageParts, words: SessionWords, sessionId: string): Markup =>
  layout(parts, {
    title: `${sessionId} · ${parts.words.product}`,
    styles: ['sessions.css'],
    current: 'sessions',
    main: html`<div class="empty"><h1><bdi class="clip">${sessionId}</bdi></h1><p>${words.gone}</p><p><a href="/">${words.allSessions}</a></p></div>`,
  })

const machine = ({ sections, moment }: SessionWords, content: SessionContent) =>
  html`<section class="card machine" aria-labelledby="machine-title"><h2 id="machine-title">${sections.machine}</h2>
<div class="halves">${content.figure}
<div class="side"><div class="steps"><button type="button" id="previous" aria-label="${moment.previous}" title="${moment.previous}" aria-keyshortcuts="[">‹</button>
<label><span class="unseen">${moment.slider}</span><input type="range" id="slider" min="1" max="${content.lastSeq}" value="${content.lastSeq}"></label>
<button type="button" id="next" aria-label="${moment.next}" title="${moment.next}" aria-keyshortcuts="]">›</button><button type="button" id="now">${moment.now}</button></div>
<div id="moment">${content.moment}</div><p class="unseen" id="moment-says" role="status"></p></div></div></section>`

const timeline = ({ sections, timeline: said, older }: SessionWords, content: SessionContent) =>
  html`<section class="card timeline" aria-labelledby="timeline-title"><div class="section-head"><h2 id="timeline-title">${sections.timeline}</h2>
<fieldset class="chips" id="kinds"><legend class="unseen">${said.filter}</legend>${FACT_KINDS.map((kind: FactKind) => html`<label><input type="radio" name="kind" value="${kind}"${kind === 'all' ? html` checked` : ''}><span>${said[kind]}</span></label>`)}</fieldset></div>
<p class="sub">${said.newer}</p>
<ol id="facts" class="facts" reversed>${content.facts}</ol><p class="empty" id="no-facts" hidden>${said.none}</p><button type="button" id="older-facts" hidden>${older}</button></section>`

const chats = ({ sections, chats: said, older }: SessionWords, { chats, chat }: SessionContent) =>
  html`<section class="card chats" aria-labelledby="chats-title" id="chats"${chat === null ? '' : html` data-chosen`}><div class="section-head"><h2 id="chats-title">${sections.chats}</h2><button type="button" class="quiet" id="all-chats">‹ ${said.back}</button></div>
<div class="talk"><div class="chat-side"><ul id="chat-list" class="chat-list" aria-label="${said.list}">${chats}</ul><p class="empty" id="no-chats" hidden>${said.none}</p><button type="button" id="older-chats" hidden>${older}</button></div>
<div class="chat" id="chat">${chat ?? html`<p class="empty">${said.pick}</p>`}</div></div></section>`

/** The sentences that the page's script puts together itself. */
const forScript = ({ moment, chats, older }: SessionWords) => ({
  of: moment.of,
  messages: fill(chats.messages, { name: '{name}' }),
  older,
})
