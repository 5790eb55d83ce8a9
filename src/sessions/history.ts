import type { History, PastFact } from '../ports/dashboard/history.ts'
import type { LoggedRow } from '../ports/event-log.ts'
import type { SessionQueries } from '../ports/session-queries.ts'
import type { Store } from '../ports/store.ts'
import { chatNames, createChatHistory, type KnownOfLaravel } from './chat-history.ts'
import { readOfLife } from './known-session.ts'

/** Sessions looked at afterwards, from what is committed. */
export function createHistory(
  store: Pick<Store, 'sessions' | 'log' | 'messages' | 'chats' | 'people'>,
  queries: Pick<SessionQueries, 'at'>,
  laravel: KnownOfLaravel,
): History {
  const { log } = store

  /** Rows are newest first: each lifecycle row came from the state of the next one. */
  async function withWay(streamId: string, rows: LoggedRow[]): Promise<PastFact[]> {
    const oldest = rows.findLast(({ state }) => state !== null)
    const before = oldest === undefined ? null : await log.stateAt(streamId, oldest.seq - 1)
    let from = before?.snapshot?.state ?? null
    return rows
      .toReversed()
      .map(({ seq, at, type, data, state }) => {
        const fact = { seq, at, type, data, from: state === null ? null : from, state }
        from = state ?? from
        return fact
      })
      .toReversed()
  }

  async function pageOf(streamId: string, rows: LoggedRow[]) {
    const named = rows.flatMap(({ data: { chatId, jid } }) => [chatId, jid])
    const chats = new Set(named.filter(one => typeof one === 'string'))
    const names = [...chats].map(async chat => [chat, await chatNames(store, streamId, chat)] as const)
    return { facts: await withWay(streamId, rows), names: new Map(await Promise.all(names)) }
  }

  return {
    facts: (sessionId, { before, limit, kind }) =>
      readOfLife(store, sessionId, async session => {
        const { streamId } = session
        const { rows, next } = await log.before(streamId, before ?? Number.MAX_SAFE_INTEGER, limit, kind)
        // What was committed after the session was read stands among the facts already.
        const lastSeq = Math.max(session.lastSeq, rows[0]?.seq ?? 0)
        return { ...(await pageOf(streamId, rows)), next, lastSeq }
      }),

    since: (sessionId, after, limit, kind) =>
      readOfLife(store, sessionId, async ({ streamId }) => {
        const { rows, next } = await log.before(streamId, Number.MAX_SAFE_INTEGER, limit, kind)
        const newer = rows.filter(({ seq }) => seq > after)
        const isWhole = newer.length < rows.length || (next ?? 0) <= after + 1
        return { ...(await pageOf(streamId, newer)), next: isWhole ? null : next }
      }),

    moment: (sessionId, asked) =>
      readOfLife(store, sessionId, async ({ streamId, lastSeq }) => {
        const { at, state, context, can } = await queries.at(sessionId, asked)
        const { seq, type, data } = (await log.stateAt(streamId, asked))!
        const [before, next] = await Promise.all([
          log.stateAt(streamId, seq - 1),
          log.nextState(streamId, seq),
        ])
        return {
          asked,
          lastSeq,
          fact: { seq, at, type, data, from: before?.snapshot?.state ?? null, state },
          context,
          contextBefore: before?.snapshot ? contextIn(before.snapshot.context) : null,
          can,
          previous: before?.seq ?? null,
          next,
        }
      }),

    ...createChatHistory(store, laravel),
  }
}

/** What cannot be read is compared with as if nothing had been there. */
function contextIn(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
