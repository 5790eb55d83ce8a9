import { getNextTransitions } from 'xstate'
import { sessionMachine } from '../../machines/session.machine.ts'
import { stateValue } from '../../machines/session.state.ts'
import { GatewayError } from '../base/errors.ts'
import { callersOwnOf } from '../messages/send.ts'
import type { LeftSend, Mailbox } from '../ports/cluster/mailbox.ts'
import type { MessageRow } from '../ports/message-table.ts'
import type { SessionQueries } from '../ports/session-queries.ts'
import type { SessionRow } from '../ports/session-table.ts'
import type { Store } from '../ports/store.ts'
import { readStoredSession, sentenceOf } from './host/stored-session.ts'
import { knownSession, readOfLife } from './known-session.ts'
import { sentAsMessage } from './sent-as-message.ts'
import { sessionViewOf } from './session-view.ts'
import type { Supervisor } from './supervisor/supervisor.ts'

/** Reads for HTTP, all from what is committed. */
export function createQueries(
  store: Store,
  supervisor: Pick<Supervisor, 'stats' | 'whyUnreadable'>,
  mailbox: Pick<Mailbox, 'find'> | null = null,
): SessionQueries {
  const viewOf = (row: SessionRow) =>
    sessionViewOf(row, supervisor.whyUnreadable(row.sessionId) ?? row.standsStill)
  return {
    get: async sessionId => viewOf(await knownSession(store, sessionId)),

    async list(filter) {
      const { count, rows } = await store.sessions.list(filter)
      const last = rows.length === filter.limit ? rows.at(-1) : undefined
      return { count, sessions: rows.map(viewOf), next: last?.sessionId ?? null }
    },

    events: (sessionId, after, limit) =>
      readOfLife(store, sessionId, async ({ streamId, lastSeq }) => {
        const events = await store.log.after(streamId, after, limit)
        const last = events.at(-1)?.seq
        return { streamId, lastSeq, events, next: last !== undefined && last < lastSeq ? last : null }
      }),

    at: (sessionId, seq) =>
      readOfLife(store, sessionId, async ({ streamId, lastSeq }) => {
        const row = seq >= 1 && seq <= lastSeq ? await store.log.stateAt(streamId, seq) : null
        if (row?.snapshot == null) {
          throw new GatewayError(
            'EVENT_NOT_FOUND',
            `Session ${sessionId} has facts 1 to ${lastSeq}, not ${seq}.`,
          )
        }
        const { state, context } = row.snapshot
        try {
          return { seq, at: row.at, state, context: JSON.parse(context), can: possibleIn(row.snapshot) }
        } catch (error) {
          throw new GatewayError('SESSION_UNREADABLE', `Fact ${seq} cannot be shown. ${sentenceOf(error)}`)
        }
      }),

    message: (sessionId, messageId) =>
      readOfLife(store, sessionId, async ({ streamId }) => {
        // In this order: what is not in the mailbox any more is in the log.
        const left = await mailbox?.find(streamId, messageId)
        const row = (await store.messages.find(streamId, messageId)) ?? (left ? rowOfLeft(left) : null)
        if (row !== null) return row
        throw new GatewayError('MESSAGE_NOT_FOUND', `Session ${sessionId} has no message ${messageId}.`)
      }),

    chat: (sessionId, asked, before, limit) =>
      readOfLife(store, sessionId, async session => {
        const { streamId, userId, metadata } = session
        const person = await store.people.stored.find(streamId, asked)
        const chatId = person?.chatId ?? asked
        const rows = await store.messages.inChat(streamId, person?.names ?? [asked], before, limit)
        const { waId, lid, pushName } = viewOf(session)
        const messages = rows.map(row => ({
          seq: row.seq,
          status: row.status,
          own: 'to' in row.content ? callersOwnOf(row.content) : null,
          message: {
            ...('to' in row.content ? sentAsMessage(row, row.content, { waId, lid, pushName }) : row.content),
            chat_id: chatId,
          },
        }))
        const next = rows.length === limit ? (rows.at(-1)?.seq ?? null) : null
        return { chatId, owner: { userId, metadata }, messages, next }
      }),

    stats: () => supervisor.stats(),
  }
}

/** The event types that had a way on from a state, guards aside; the machine's own timers are left out. */
function possibleIn(stored: Parameters<typeof readStoredSession>[0]): string[] {
  const { state, context } = readStoredSession(stored)
  const snapshot = sessionMachine.resolveState({ value: stateValue(state) as never, context })
  const blocked = new Set<string>()
  const possible = new Set<string>()
  for (const { eventType, target, actions } of getNextTransitions(snapshot)) {
    if (eventType.startsWith('xstate.') || eventType.endsWith('*') || blocked.has(eventType)) continue
    if (target === undefined && actions.length === 0) blocked.add(eventType)
    else possible.add(eventType)
  }
  return [...possible].sort()
}

/** A send that waits for a node: it has no place in a log yet. */
const rowOfLeft = ({ messageId, content, at }: LeftSend): MessageRow => ({
  ...{ messageId, content, at, chatId: content.to, direction: 'out', status: 'queued' },
  ...{ attempts: 0, seq: 0, error: null, history: [{ status: 'queued', at }] },
})
