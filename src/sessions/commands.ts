import { randomUUID } from 'node:crypto'
import type { SessionFact } from '../../machines/facts.ts'
import type { Clock } from '../base/clock.ts'
import { type ErrorCode, GatewayError } from '../base/errors.ts'
import type { AccountEventType } from '../messages/account-event.ts'
import { messageRefOf } from '../messages/message-ref.ts'
import type { ReceivedContent } from '../messages/received.ts'
import type { Presence, SendContent } from '../messages/send.ts'
import type { PasskeyVault, QrVault } from '../ports/qr-vault.ts'
import type { SessionQueries, SessionView } from '../ports/session-queries.ts'
import type { SendOutcome, Sessions, StartRequest } from '../ports/sessions.ts'
import type { Store } from '../ports/store.ts'
import type { ChatActions, WhatsApp } from '../ports/whatsapp.ts'
import { openSocketOf } from './open-socket.ts'
import { createPasskeyCommands } from './passkey-commands.ts'
import { replay } from './receiving/replay.ts'
import type { SessionEntry } from './registry.ts'
import { notRunning, type Supervisor } from './supervisor/supervisor.ts'

/** What HTTP can ask of the sessions: each command is one fact, answered once it is durable. */
export function createCommands({
  supervisor,
  queries,
  store,
  vault,
  passkeys,
  clock,
  whatsapp,
  accountEvents,
  onDownload,
}: {
  supervisor: Supervisor
  queries: SessionQueries
  store: Pick<Store, 'messages' | 'accountEvents'>
  vault: Pick<QrVault, 'readCode'>
  passkeys: Pick<PasskeyVault, 'useToken'>
  clock: Clock
  whatsapp: Pick<WhatsApp, 'reread'>
  accountEvents: readonly AccountEventType[]
  onDownload?: () => void
}): Sessions {
  const entryOf = (sessionId: string, forbidden: ErrorCode = 'SESSION_UNREADABLE'): SessionEntry => {
    const entry = supervisor.find(sessionId)
    const refusal = supervisor.refusal()
    if (entry !== undefined && refusal === null) return entry
    queries.get(sessionId) // unknown: 404
    const why = supervisor.whyUnreadable(sessionId)
    if (refusal === null && why !== null) throw new GatewayError(forbidden, why)
    throw refusal ?? notRunning()
  }
  const isUnreadable = (sessionId: string) => supervisor.whyUnreadable(sessionId) !== null
  const postOrRefuse = async ({ actor }: SessionEntry, fact: SessionFact, wanted: string) => {
    if (await actor.post(fact)) return
    if (actor.ended) throw supervisor.refusal() ?? notRunning()
    throw new GatewayError(
      'STATE_FORBIDS',
      `Session ${actor.sessionId} is ${actor.state}: it cannot ${wanted} now.`,
    )
  }
  const chatsOf = (sessionId: string): ChatActions => {
    const { actor } = entryOf(sessionId, 'SESSION_NOT_CONNECTED')
    const socket = openSocketOf(actor)
    if (socket !== null) return socket.chats
    throw new GatewayError(
      'SESSION_NOT_CONNECTED',
      `Session ${sessionId} is ${actor.state}: only an open one can do this.`,
      { retryable: true },
    )
  }

  return {
    ...createPasskeyCommands(entryOf, passkeys),

    async start(request: StartRequest): Promise<SessionView> {
      const { sessionId = randomUUID(), userId, phoneNumber, metadata } = request
      if (isUnreadable(sessionId)) await supervisor.retry(sessionId, 'run')
      const entry = isUnreadable(sessionId) ? entryOf(sessionId) : supervisor.find(sessionId)
      if (entry === undefined) {
        await supervisor.create({ sessionId, userId, phoneNumber, metadata })
        return queries.get(sessionId)
      }
      const { actor } = entry
      const refusal = supervisor.refusal()
      if (refusal !== null) throw refusal
      if (String(actor.userId) !== String(userId)) {
        throw new GatewayError('CONFLICT', `Session ${sessionId} belongs to another user_id.`)
      }
      const fact: SessionFact = { type: 'start.requested', ...(phoneNumber !== undefined && { phoneNumber }) }
      if (!actor.ended && !actor.can(fact) && actor.context.intent === 'delete') {
        const sentence = `Session ${sessionId} is being deleted; start it again once it is gone.`
        throw new GatewayError('DELETING', sentence)
      }
      if (metadata !== undefined && actor.can(fact)) {
        // Before the fact: the status that follows from it tells of it.
        await actor.change({ metadata })
        actor.metadata = metadata
      }
      await postOrRefuse(entry, fact, 'start')
      return queries.get(sessionId)
    },

    async requestPairingCode(sessionId: string, phoneNumber: string, deadline: number): Promise<void> {
      const entry = entryOf(sessionId)
      const { actor } = entry
      const isThere = () => actor.context.phoneNumber === phoneNumber && vault.readCode(sessionId) !== null
      if (actor.context.linked && !actor.hasTag('loggedOut')) {
        throw new GatewayError(
          'STATE_FORBIDS',
          `Session ${sessionId} is linked to a phone; log out before another one is linked.`,
        )
      }
      if (isThere()) return
      await postOrRefuse(entry, { type: 'start.requested', phoneNumber }, 'be linked')
      if (await actor.until(() => actor.ended || isThere(), deadline)) {
        if (isThere()) return
      }
      throw new GatewayError(
        'PAIRING_CODE_NOT_AVAILABLE',
        `WhatsApp has given no pairing code for session ${sessionId} yet; ask for it again in a moment.`,
        { retryable: true },
      )
    },

    checkSend(sessionId: string, key?: string): void {
      const { outbox } = entryOf(sessionId, 'SESSION_NOT_CONNECTED')
      // A key may stand for a send that was taken before.
      if (key === undefined) outbox.check()
    },

    async send(
      sessionId: string,
      content: SendContent,
      deadline: number,
      key?: string,
    ): Promise<SendOutcome> {
      return entryOf(sessionId, 'SESSION_NOT_CONNECTED').outbox.send(content, deadline, key)
    },

    lookup: async (sessionId, phone) => chatsOf(sessionId).lookup(phone),

    async markRead(sessionId: string, messageIds: string[]): Promise<void> {
      const chats = chatsOf(sessionId)
      const { streamId } = entryOf(sessionId).actor
      const rows = messageIds.map(id => store.messages.find(streamId, id, 'in'))
      const unknown = messageIds.filter((_, i) => rows[i] === null)
      if (unknown.length > 0) {
        const some = unknown.slice(0, 5).join(', ')
        throw new GatewayError(
          'MESSAGE_NOT_FOUND',
          `Session ${sessionId} has not received ${unknown.length > 5 ? `${some} and ${unknown.length - 5} more` : some}; nothing was marked.`,
        )
      }
      await chats.read(rows.map(row => messageRefOf(row!.content as ReceivedContent)))
    },

    showPresence: async (sessionId: string, kind: Presence, chatId?: string) =>
      chatsOf(sessionId).presence(kind, chatId),

    async replay(sessionId: string, after: number, until: number): Promise<number> {
      return replay(
        entryOf(sessionId).actor,
        { store, whatsapp, clock, accountEvents, onDownload },
        after,
        until,
      )
    },

    async restart(sessionId: string): Promise<SessionView> {
      if (isUnreadable(sessionId)) await supervisor.retry(sessionId, 'run')
      await postOrRefuse(entryOf(sessionId), { type: 'restart.requested' }, 'restart')
      return queries.get(sessionId)
    },

    async logout(sessionId: string, deadline: number) {
      const entry = entryOf(sessionId)
      const { actor } = entry
      const isOut = () => actor.hasTag('loggedOut')
      if (!isOut()) await postOrRefuse(entry, { type: 'logout.requested' }, 'log out')
      await actor.until(() => actor.ended || isOut(), deadline)
      await actor.durable()
      return { done: isOut(), session: queries.get(sessionId) }
    },

    async delete(sessionId: string, deadline: number) {
      if (isUnreadable(sessionId)) await supervisor.retry(sessionId, 'delete')
      const entry = entryOf(sessionId)
      const { actor } = entry
      if (actor.deletion === 'no') await postOrRefuse(entry, { type: 'delete.requested' }, 'be deleted')
      await actor.until(() => actor.ended, deadline)
      return { done: actor.deletion === 'done' }
    },
  }
}
