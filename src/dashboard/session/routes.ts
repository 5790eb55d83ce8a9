import { Hono } from 'hono'
import { html } from 'hono/html'
import { type ErrorCode, GatewayError } from '../../base/errors.ts'
import {
  FACT_KINDS,
  type FactKind,
  type FactPage,
  type History,
  type PastMessage,
} from '../../ports/dashboard/history.ts'
import type { Overview } from '../../ports/dashboard/overview.ts'
import type { MediaServer } from '../../ports/media/media-server.ts'
import type { DashboardContext, DashboardEnv } from '../env.ts'
import type { PageParts } from '../pages/layout.ts'
import type { Language } from '../words/languages.ts'
import { sessionWordsOf } from '../words/session-languages.ts'
import { chartFigure } from './chart-figure.ts'
import { chatHead, messagesMarkup } from './chat.ts'
import { chatsMarkup } from './chats.ts'
import type { Markup } from './markup.ts'
import type { ShownFiles } from './message-file.ts'
import { momentMarkup } from './moment.ts'
import { goneSession, sessionPage } from './page.ts'
import { sessionChart } from './session-chart.ts'
import { factsMarkup } from './timeline.ts'

export interface SessionPageParts {
  history: History
  files: Pick<MediaServer, 'has' | 'thumbnailQuery'>
  overview: Pick<Overview, 'of'>
}

/** Of each list so much is read at once. */
const FACTS = 50
const CHATS = 30
const MESSAGES = 40

/** The page of one session, and each of its lists by itself for its script: markup in the reader's language. */
export function sessionRoutes(
  { history, files, overview }: SessionPageParts,
  page: (c: DashboardContext) => PageParts,
): Hono<DashboardEnv> {
  const drawn = sessionChart()
  const words = (c: DashboardContext) => sessionWordsOf(c.get('language'))

  /** The chart in each language: most of the page, and always the same. */
  const figures = new Map<Language, Markup>()
  const figure = async (c: DashboardContext): Promise<Markup> => {
    const language = c.get('language')
    const { chart, drawing } = await drawn()
    const kept = figures.get(language) ?? (await chartFigure(words(c), chart, drawing))
    if (drawing !== null) figures.set(language, kept)
    return kept
  }
  const factList = (c: DashboardContext, found: FactPage & { next: number | null }) =>
    html`${factsMarkup(words(c), found)}${more(found.next)}`
  const facts = (id: string, before: number | null, kind: FactKind) =>
    history.facts(id, { before, limit: FACTS, kind })
  const chats = async (c: DashboardContext, id: string, before: number | null) => {
    const found = await history.chats(id, { before, limit: CHATS })
    return html`${chatsMarkup(words(c), id, found.chats)}${more(found.next)}`
  }
  const chat = async (c: DashboardContext, id: string, chatId: string, before: number | null) => {
    const found = await history.chat(id, chatId, { before, limit: MESSAGES })
    const shown = await shownFiles(files, found.messages)
    const { chats: said } = words(c)
    const list = html`${more(found.next)}${messagesMarkup(words(c), found.chat, found.messages, shown)}`
    return html`<div class="chat-head">${chatHead(found.chat)}</div><ol class="bubbles" id="bubbles" data-of="${found.chat.chatId}" data-newest="${found.messages[0]?.seq ?? 0}" tabindex="0" aria-labelledby="chat-title">${list}</ol>${found.messages.length === 0 ? html`<p class="empty">${said.empty}</p>` : ''}`
  }

  return new Hono<DashboardEnv>()
    .onError((error, c) => {
      if (!(error instanceof GatewayError)) throw error
      return c.json({ success: false, error: error.code, message: error.message }, error.status as 404)
    })
    .get('/:id', async c => {
      const id = c.req.param('id')
      const chosen = chatIn(c.req.query('chat'))
      try {
        // First of all: what the page has of a later life is told by its script from this.
        const [session] = await overview.of([id])
        const found = await facts(id, null, 'all')
        const { lastSeq } = found
        return c.html(
          sessionPage(page(c), words(c), {
            sessionId: id,
            createdAt: session?.createdAt ?? null,
            lastSeq,
            figure: await figure(c),
            moment: await showMoment(c, id, lastSeq, ['SESSION_UNREADABLE', 'EVENT_NOT_FOUND']),
            facts: factList(c, found),
            chats: await chats(c, id, null),
            chat: chosen === null ? null : await chat(c, id, chosen, null),
          }),
        )
      } catch (error) {
        if (!(error instanceof GatewayError) || error.code !== 'SESSION_NOT_FOUND') throw error
        return c.html(goneSession(page(c), words(c), id), 404)
      }
    })
    .get('/:id/facts', async c => {
      const id = c.req.param('id')
      const kind = kindIn(c.req.query('kind'))
      const after = numberIn(c.req.query('after'))
      if (after !== null) return c.html(factList(c, await history.since(id, after, FACTS, kind)))
      return c.html(factList(c, await facts(id, numberIn(c.req.query('before')), kind)))
    })
    .get('/:id/at/:seq', async c =>
      c.html(await showMoment(c, c.req.param('id'), numberIn(c.req.param('seq')) ?? 0)),
    )
    .get('/:id/chats', async c => c.html(await chats(c, c.req.param('id'), numberIn(c.req.query('before')))))
    .get('/:id/chats/:chat', async c => {
      const chosen = chatIn(c.req.param('chat'))
      if (chosen === null) throw new GatewayError('NOT_FOUND', 'No chat has that id.')
      return c.html(await chat(c, c.req.param('id'), chosen, numberIn(c.req.query('before'))))
    })

  /** What is of the codes `told` stands as a sentence where the moment would. */
  async function showMoment(
    c: DashboardContext,
    id: string,
    seq: number,
    told: ErrorCode[] = ['SESSION_UNREADABLE'],
  ): Promise<Markup> {
    const { chart } = await drawn()
    try {
      return await momentMarkup(words(c), chart, await history.moment(id, seq))
    } catch (error) {
      if (!(error instanceof GatewayError) || !told.includes(error.code)) throw error
      const { reasons, moment } = words(c)
      const why = error.code === 'SESSION_UNREADABLE' ? reasons.unreadable : moment.noFact
      return html`<p class="notice bad">${why}</p>`
    }
  }
}

/** Where the next page of a list begins. */
const more = (next: number | null) =>
  next === null ? '' : html`<li class="more-of" data-next="${next}" hidden></li>`

const numberIn = (text: string | undefined) => (/^\d{1,15}$/.test(text ?? '') ? Number(text) : null)
const kindIn = (text: string | undefined) => FACT_KINDS.find(kind => kind === text) ?? 'all'
const chatIn = (text: string | undefined) => (/^[\w.:+-]{1,64}@[a-z.]{1,32}$/.test(text ?? '') ? text! : null)

/** The files of messages that are here, and where their thumbnails are. */
async function shownFiles(files: SessionPageParts['files'], messages: PastMessage[]): Promise<ShownFiles> {
  const all = new Map(
    messages.flatMap(({ message: { media } }) => (media === null ? [] : [[media.id, media]])),
  )
  const shown = await Promise.all(
    [...all].map(async ([id, { mimetype }]) => {
      if (!(await files.has(id))) return []
      const query = await files.thumbnailQuery(id, mimetype)
      return [[id, query === null ? null : `/dashboard/thumbnails/${id}?${query}`] as const]
    }),
  )
  return new Map(shown.flat())
}
