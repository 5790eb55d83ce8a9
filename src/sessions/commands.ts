import { randomUUID } from 'node:crypto'
import type { SessionFact } from '../../machines/facts.ts'
import type { Clock } from '../base/clock.ts'
import { GatewayError } from '../base/errors.ts'
import type { AccountEventType } from '../messages/account-event.ts'
import { messageRefOf } from '../messages/message-ref.ts'
import type { ReceivedContent } from '../messages/received.ts'
import type { Presence, SendContent } from '../messages/send.ts'
import type { Mailbox } from '../ports/cluster/mailbox.ts'
import type { PasskeyVault, QrVault } from '../ports/qr-vault.ts'
import type { SessionQueries, SessionView } from '../ports/session-queries.ts'
import type { SendOutcome, Sessions, StartRequest } from '../ports/sessions.ts'
import type { Store } from '../ports/store.ts'
import type { ChatActions, WhatsApp } from '../ports/whatsapp.ts'
import { createEntryFinder } from './entries.ts'
import { openSocketOf } from './open-socket.ts'
import { createPasskeyCommands } from './passkey-commands.ts'
import { replay } from './receiving/replay.ts'
import type { SessionEntry } from './registry.ts'
import { createLeaveSend } from './sending/leave-send.ts'
import type { Supervisor } from './supervisor/supervisor.ts'
import { notRunning } from './unavailable.ts'

/** What HTTP can ask of the sessions: each command is one fact, answered once it is durable. */
export function createCommands({
  supervisor,
  queries,
  store,
  vault,
  passkeys,
  clock,
  whatsapp,
  mailbox,
  accountEvents,
  onDownload,
}: {
  supervisor: Supervisor
  queries: SessionQueries
  store: Pick<Store, 'sessions' | 'messages' | 'accountEvents'>
  vault: Pick<QrVault, 'readCode'>
  passkeys: Pick<PasskeyVault, 'useToken'>
  clock: Clock
  whatsapp: Pick<WhatsApp, 'reread' | 'newMessageId'>
  /** Present where several nodes share the store. */
  mailbox: Mailbox | null
  accountEvents: readonly AccountEventType[]
  onDownload?: () => void
}): Sessions {
  const entries = createEntryFinder(supervisor, queries)
  const { running, refused } = entries
  const isUnreadable = (sessionId: string) => supervisor.whyUnreadable(sessionId) !== null
  const postOrRefuse = async ({ actor }: SessionEntry, fact: SessionFact, wanted: string) => {
    if (await actor.post(fact)) return
    if (actor.ended) throw supervisor.refusal() ?? notRunning()
    throw new GatewayError(
      'STATE_FORBIDS',
      `Session ${actor.sessionId} is ${actor.state}: it cannot ${wanted} now.`,
    )
  }
  const chatsOf = ({ actor }: SessionEntry): ChatActions => {
    const { sessionId } = actor
    const socket = openSocketOf(actor)
    if (socket !== null) return socket.chats
    throw new GatewayError(
      'SESSION_NOT_CONNECTED',
      `Session ${sessionId} is ${actor.state}: only an open one can do this.`,
      { retryable: true },
    )
  }

  const open = async (sessionId: string) =>
    chatsOf(running(sessionId) ?? (await refused(sessionId, 'SESSION_NOT_CONNECTED')))
  /** As the store has it after `/start`; deleted meanwhile, it was there all the same. */
  const started = async (sessionId: string): Promise<SessionView> => {
    try {
      return await queries.get(sessionId)
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'SESSION_NOT_FOUND') throw error
      throw new GatewayError('DELETING', `Session ${sessionId} was deleted meanwhile; start it again.`)
    }
  }

  return {
    ...createPasskeyCommands(entries, passkeys),
    ...(mailbox && { leaveSend: createLeaveSend({ store, mailbox, whatsapp, clock }) }),

    async start(request: StartRequest): Promise<SessionView> {
      const { sessionId = randomUUID(), userId, phoneNumber, metadata } = request
      if (isUnreadable(sessionId)) await supervisor.retry(sessionId, 'run')
      if (isUnreadable(sessionId)) return refused(sessionId)
      // No await between the two: of two requests at once the second one finds the session of the first.
      const entry = supervisor.find(sessionId)
      if (entry === undefined) {
        await supervisor.create({ sessionId, userId, phoneNumber, metadata })
        return started(sessionId)
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
      return started(sessionId)
    },

    async requestPairingCode(sessionId: string, phoneNumber: string, deadline: number): Promise<void> {
      const entry = running(sessionId) ?? (await refused(sessionId))
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

    async checkSend(sessionId: string, key?: string): Promise<void> {
      const { outbox } = running(sessionId) ?? (await refused(sessionId, 'SESSION_NOT_CONNECTED'))
      // A key may stand for a send that was taken before.
      if (key === undefined) outbox.check()
    },

    async send(
      sessionId: string,
      content: SendContent,
      deadline: number,
      key?: string,
    ): Promise<SendOutcome> {
      const { outbox } = running(sessionId) ?? (await refused(sessionId, 'SESSION_NOT_CONNECTED'))
      return outbox.send(content, deadline, key)
    },

    lookup: async (sessionId, phone) => (await open(sessionId)).lookup(phone),

    async markRead(sessionId: string, messageIds: string[]): Promise<void> {
      const entry = running(sessionId) ?? (await refused(sessionId, 'SESSION_NOT_CONNECTED'))
      const chats = chatsOf(entry)
      const { streamId } = entry.actor
      const rows = await Promise.all(messageIds.map(id => store.messages.find(streamId, id, 'in')))
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
      (await open(sessionId)).presence(kind, chatId),

    async replay(sessionId: string, after: number, until: number): Promise<number> {
      const { actor } = running(sessionId) ?? (await refused(sessionId))
      return replay(actor, { store, whatsapp, clock, accountEvents, onDownload }, after, until)
    },

    async restart(sessionId: string): Promise<SessionView> {
      if (isUnreadable(sessionId)) await supervisor.retry(sessionId, 'run')
      const entry = running(sessionId) ?? (await refused(sessionId))
      await postOrRefuse(entry, { type: 'restart.requested' }, 'restart')
      return queries.get(sessionId)
    },

    async logout(sessionId: string, deadline: number) {
      const entry = running(sessionId) ?? (await refused(sessionId))
      const { actor } = entry
      const isOut = () => actor.hasTag('loggedOut')
      if (!isOut()) await postOrRefuse(entry, { type: 'logout.requested' }, 'log out')
      await actor.until(() => actor.ended || isOut(), deadline)
      await actor.durable()
      return { done: isOut(), session: await queries.get(sessionId) }
    },

    async delete(sessionId: string, deadline: number) {
      if (isUnreadable(sessionId)) await supervisor.retry(sessionId, 'delete')
      const entry = running(sessionId) ?? (await refused(sessionId))
      const { actor } = entry
      if (actor.deletion === 'no') await postOrRefuse(entry, { type: 'delete.requested' }, 'be deleted')
      await actor.until(() => actor.ended, deadline)
      return { done: actor.deletion === 'done' }
    },
  }
}
