import { bounded } from '../../base/bounded.ts'
import type { Clock } from '../../base/clock.ts'
import { turnsOfEach } from '../../base/turns.ts'
import { contactEventOf } from '../../messages/account-event.ts'
import type { Store } from '../../ports/store.ts'
import type { AccountHappening, ReceivedMessage } from '../../ports/whatsapp.ts'
import type { SessionActor } from '../host/session-actor.ts'
import { recordAccountEvents } from './record-account-events.ts'

/** People of all sessions whose names need no look into the store. */
const REMEMBERED = 10_000

interface News {
  names: { jid: string; name: string }[]
  happenings: AccountHappening[]
}

const keyOf = ({ streamId }: SessionActor, jid: string) => `${streamId}|${jid}`

/** The names that people write under: WhatsApp announces no change, each message says its author's. */
export class ContactNames {
  readonly #deps: { store: Store; clock: Clock }
  readonly #known = bounded<string>(REMEMBERED)
  /** Of each session one message after the other: the later one must know the name of the earlier one. */
  readonly #turnsOf = turnsOfEach<SessionActor>()

  constructor(deps: { store: Store; clock: Clock }) {
    this.#deps = deps
  }

  /** Keeps new names, and tells Laravel of those that took another's place. Resolves once durable. */
  async learn(actor: SessionActor, messages: ReceivedMessage[]): Promise<void> {
    const { kept } = await this.#turnsOf(actor).take(async () => {
      const news = await this.#news(actor, messages)
      return { kept: this.#keep(actor, news) }
    })
    await kept
  }

  async #news(actor: SessionActor, messages: ReceivedMessage[]): Promise<News> {
    const { accountEvents } = this.#deps.store
    const names: News['names'] = []
    const happenings: News['happenings'] = []
    const said = new Map<string, string>()
    for (const { message, imported } of messages) {
      const { from, from_lid, from_me, push_name: name, message_id, timestamp } = message
      const jid = from_lid ?? (from && `${from}@s.whatsapp.net`)
      if (imported || from_me || !name || !jid) continue
      const key = keyOf(actor, jid)
      const known = said.get(key) ?? this.#known.get(key)
      const before = known ?? (await accountEvents.nameOf(actor.streamId, jid))
      said.set(key, name)
      if (before === name) continue
      names.push({ jid, name })
      if (before === null) continue
      const event = contactEventOf({ jid, phone: from }, 'name', { name })
      const happenedAt = Date.parse(timestamp)
      happenings.push({ key: `contact|${jid}|${message_id}|name`, event, happenedAt })
    }
    for (const [key, name] of said) this.#known.set(key, name)
    return { names, happenings }
  }

  async #keep(actor: SessionActor, { names, happenings }: News): Promise<void> {
    if (names.length === 0) return
    try {
      await recordAccountEvents(actor, this.#deps, happenings, { contactNames: names })
    } catch (error) {
      for (const { jid } of names) this.#known.delete(keyOf(actor, jid))
      throw error
    }
  }
}
