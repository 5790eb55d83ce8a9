import { nextReachOutLock, reachOutLockedFor } from '../../../machines/session.limits.ts'
import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import type { Store } from '../../ports/store.ts'
import type { WhatsAppSocket } from '../../ports/whatsapp.ts'
import type { SessionActor } from '../host/session-actor.ts'
import type { SessionPeople } from '../people.ts'
import { inGroup } from './reply-target.ts'

/** WhatsApp's code for an account that may not write to anybody new for now. */
export const REACH_OUT_LOCKED = '463'

const SENTENCE =
  'WhatsApp does not let this account write to anybody new for now; answers to chats that it knows go on. Try again later.'

/** Whether a session may write to people it never wrote with: the lock itself is a fact of its machine. */
export class ReachOutLock {
  readonly #actor: SessionActor
  readonly #people: SessionPeople
  readonly #deps: { store: Pick<Store, 'messages'>; clock: Clock }

  constructor(
    actor: SessionActor,
    people: SessionPeople,
    deps: { store: Pick<Store, 'messages'>; clock: Clock },
  ) {
    this.#actor = actor
    this.#people = people
    this.#deps = deps
  }

  /** WhatsApp refused to let the account write to somebody new. */
  refused(): void {
    const until = nextReachOutLock(this.#actor.context, this.#deps.clock.now())
    if (until !== null) this.#actor.tell({ type: 'reachOut.locked', until })
  }

  /** How long the lock still holds, in ms; 0 if it does not. */
  get lockedFor(): number {
    return reachOutLockedFor(this.#actor.context, this.#deps.clock.now())
  }

  /**
   * While the lock holds: rejects with NEW_CHATS_PAUSED for somebody whom this session never wrote with. `socket`: an open one, to ask for a
   * person's other name; if WhatsApp does not answer, a send that `canWait` gets the retryable error of that.
   */
  async check(
    chatId: string,
    socket: WhatsAppSocket | null,
    { canWait }: { canWait: boolean },
  ): Promise<void> {
    const { store } = this.#deps
    const { streamId } = this.#actor
    const phone = /^(\d+)@s\.whatsapp\.net$/.exec(chatId)?.[1]
    if (inGroup(chatId)) return
    if (await store.messages.knowsChat(streamId, await this.#people.namesOf(chatId))) return
    // A person may have written under the other name.
    const found = phone && socket ? await this.#lookup(phone, socket, canWait) : null
    if (found?.lid && (await store.messages.knowsChat(streamId, [found.lid]))) return
    const retryAfterSeconds = Math.ceil(this.lockedFor / 1000)
    throw new GatewayError('NEW_CHATS_PAUSED', SENTENCE, { retryAfterSeconds })
  }

  async #lookup(phone: string, { chats }: WhatsAppSocket, canWait: boolean) {
    try {
      return await chats.lookup(phone)
    } catch (error) {
      if (canWait && error instanceof GatewayError && error.retryable) throw error
      return null
    }
  }
}
