import { sessionMachine } from '../../../machines/session.machine.ts'
import { stateValue } from '../../../machines/session.state.ts'
import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import type { SendContent } from '../../messages/send.ts'
import type { Mailbox } from '../../ports/cluster/mailbox.ts'
import type { SendOutcome, Sessions } from '../../ports/sessions.ts'
import type { Store } from '../../ports/store.ts'
import type { WhatsApp } from '../../ports/whatsapp.ts'
import { showStoredSession } from '../host/stored-session.ts'
import { knownSession } from '../known-session.ts'
import { takesNoSends } from '../unavailable.ts'
import { Idempotency, type Promised } from './idempotency.ts'
import { checkReplyTarget } from './reply-target.ts'

export interface LeaveSendDeps {
  store: Pick<Store, 'sessions' | 'messages'>
  mailbox: Mailbox
  whatsapp: Pick<WhatsApp, 'newMessageId'>
  clock: Clock
}

/** Nobody here knows the people of a session of another node: it goes where its caller said. */
const PEOPLE = { addressOf: async (name: string) => name }

/** Of two requests with one key at two nodes the database lets one win; the other looks again. */
const LOOKS = 2

/** Accepts sends for sessions that no node has, as Sessions.leaveSend says. */
export function createLeaveSend(deps: LeaveSendDeps): NonNullable<Sessions['leaveSend']> {
  const { store, mailbox, whatsapp, clock } = deps
  return async (sessionId, content, gone, key) => {
    const { streamId, ...row } = await knownSession(store, sessionId)

    async function leave(promised: Promised | null): Promise<SendOutcome | 'owned' | 'known'> {
      const { state, context } = showStoredSession({ streamId, ...row })
      const snapshot = sessionMachine.resolveState({ value: stateValue(state) as never, context })
      const at = clock.now()
      if (!snapshot.can({ type: 'message.queued', at } as never)) throw takesNoSends(sessionId, state)
      await checkTarget(content, streamId)
      const messageId = whatsapp.newMessageId()
      const left = await mailbox.leave(streamId, { messageId, content, promised, at }, gone)
      return left === 'stored' ? { messageId, status: 'queued', address: content.to } : left
    }

    /** What waits in the mailbox can be answered, too; there it is a send of the same session. */
    async function checkTarget(content: SendContent, streamId: string): Promise<void> {
      if (content.reply_to !== null && (await mailbox.find(streamId, content.reply_to)) !== null) return
      await checkReplyTarget(content, store.messages, streamId)
    }

    if (key === undefined) {
      const left = await leave(null)
      return typeof left === 'string' ? null : left
    }
    for (let looks = 0; looks < LOOKS; looks++) {
      const idempotency = new Idempotency(streamId, { messages: store.messages, mailbox, clock }, PEOPLE)
      const left = await idempotency.once(key, content, leave)
      if (left === 'owned') return null
      if (left !== 'known') return left
    }
    throw new GatewayError(
      'IDEMPOTENCY_IN_FLIGHT',
      'Another request with this key is under way; ask again in a moment.',
      {
        retryable: true,
        retryAfterSeconds: 1,
      },
    )
  }
}
