import type { History, PastFact } from '../ports/dashboard/history.ts'
import type { LoggedRow } from '../ports/event-log.ts'
import type { SessionQueries } from '../ports/session-queries.ts'
import type { Store } from '../ports/store.ts'
import { chatNames, createChatHistory, type KnownOfLaravel } from './chat-history.ts'
import { knownSession } from './known-session.ts'

/** Sessions looked at afterwards, from what is committed. */
export function createHistory(
  store: Pick<Store, 'sessions' | 'log' | 'messages' | 'chats' | 'people'>,
  queries: Pick<SessionQueries, 'at'>,
  laravel: KnownOfLaravel,
): History {
  const { log } = store

  /** Rows are newest first: each lifecycle row came from the state of the next one. */
  function withWay(streamId: string, rows: LoggedRow[]): PastFact[] {
    const oldest = rows.findLast(({ state }) => state !== null)
    let from = oldest === undefined ? null : (log.stateAt(streamId, oldest.seq - 1)?.snapshot?.state ?? null)
    return rows
      .toReversed()
      .map(({ seq, at, type, data, state }) => {
        const fact = { seq, at, type, data, from: state === null ? null : from, state }
        from = state ?? from
        return fact
      })
      .toReversed()
  }

  function pageOf(streamId: string, rows: LoggedRow[]) {
    const named = rows.flatMap(({ data: { chatId, jid } }) => [chatId, jid])
    const chats = new Set(named.filter(one => typeof one === 'string'))
    const names = new Map([...chats].map(chat => [chat, chatNames(store, streamId, chat)]))
    return { facts: withWay(streamId, rows), names }
  }

  return {
    facts(sessionId, { before, limit, kind }) {
      const { streamId, lastSeq } = knownSession(store, sessionId)
      const { rows, next } = log.before(streamId, before ?? Number.MAX_SAFE_INTEGER, limit, kind)
      return { ...pageOf(streamId, rows), next, lastSeq }
    },

    since(sessionId, after, limit, kind) {
      const { streamId } = knownSession(store, sessionId)
      const { rows, next } = log.before(streamId, Number.MAX_SAFE_INTEGER, limit, kind)
      const newer = rows.filter(({ seq }) => seq > after)
      const isWhole = newer.length < rows.length || (next ?? 0) <= after + 1
      return { ...pageOf(streamId, newer), next: isWhole ? null : next }
    },

    moment(sessionId, asked) {
      const { streamId, lastSeq } = knownSession(store, sessionId)
      const { at, state, context, can } = queries.at(sessionId, asked)
      const { seq, type, data } = log.stateAt(streamId, asked)!
      const before = log.stateAt(streamId, seq - 1)
      return {
        asked,
        lastSeq,
        fact: { seq, at, type, data, from: before?.snapshot?.state ?? null, state },
        context,
        contextBefore: before?.snapshot ? contextIn(before.snapshot.context) : null,
        can,
        previous: before?.seq ?? null,
        next: log.nextState(streamId, seq),
      }
    },

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
