import { bounded } from '../../base/bounded.ts'
import type { Clock } from '../../base/clock.ts'
import { contactEventOf } from '../../messages/account-event.ts'
import type { Store } from '../../ports/store.ts'
import type { AccountHappening, ReceivedMessage } from '../../ports/whatsapp.ts'
import type { SessionActor } from '../host/session-actor.ts'
import { recordAccountEvents } from './record-account-events.ts'

/** People of all sessions whose names need no look into the store. */
const REMEMBERED = 10_000

const keyOf = ({ streamId }: SessionActor, jid: string) => `${streamId}|${jid}`

/** The names that people write under: WhatsApp announces no change, each message says its author's. */
export class ContactNames {
  readonly #deps: { store: Store; clock: Clock }
  readonly #known = bounded<string>(REMEMBERED)

  constructor(deps: { store: Store; clock: Clock }) {
    this.#deps = deps
  }

  /** Keeps new names, and tells Laravel of those that took another's place. Resolves once durable. */
  async learn(actor: SessionActor, messages: ReceivedMessage[]): Promise<void> {
    const { store } = this.#deps
    const names: { jid: string; name: string }[] = []
    const happenings: AccountHappening[] = []
    for (const { message, imported } of messages) {
      const { from, from_lid, from_me, push_name: name, message_id, timestamp } = message
      const jid = from_lid ?? (from && `${from}@s.whatsapp.net`)
      if (imported || from_me || !name || !jid) continue
      const key = keyOf(actor, jid)
      const before = this.#known.get(key) ?? store.accountEvents.nameOf(actor.streamId, jid)
      this.#known.set(key, name)
      if (before === name) continue
      names.push({ jid, name })
      if (before === null) continue
      const event = contactEventOf({ jid, phone: from }, 'name', { name })
      const happenedAt = Date.parse(timestamp)
      happenings.push({ key: `contact|${jid}|${message_id}|name`, event, happenedAt })
    }
    if (names.length === 0) return
    try {
      await recordAccountEvents(actor, this.#deps, happenings, { contactNames: names })
    } catch (error) {
      for (const { jid } of names) this.#known.delete(keyOf(actor, jid))
      throw error
    }
  }
}
