import { Turns } from '../../base/turns.ts'
import type { ChatTimer } from '../../messages/chat-timer.ts'
import type { Store } from '../../ports/store.ts'
import { isBroadcast, isGroup, isNewsletter } from '../jid.ts'
import type { TimerMemory } from './timer-memory.ts'

export interface ChatTimersDeps {
  store: Pick<Store, 'commit' | 'messages' | 'chatTimers'>
  memory: TimerMemory
  /** All names of a chat (full jids), a LID first; a group has one. */
  namesOf(chat: string): Promise<string[]>
  /** What the account gives to chats that begin; null if nothing. */
  ofNewChats(): ChatTimer | null
  /** The store refused what was learnt. */
  failed(error: unknown): void
}

/** How long messages stay in the chats of one session: learnt from whoever says it last, and kept for what is sent. */
export class ChatTimers {
  readonly #deps: ChatTimersDeps
  readonly #stream: { streamId: string; epoch: number }
  readonly #turns = new Turns()

  constructor(deps: ChatTimersDeps, stream: { streamId: string; epoch: number }) {
    this.#deps = deps
    this.#stream = { streamId: stream.streamId, epoch: stream.epoch }
  }

  /** The timer of a chat, an expiration of 0 if it was switched off; null if it never had one. */
  async of(chat: string): Promise<ChatTimer | null> {
    const known = this.#deps.memory.get(chat)
    if (known) return known.timer
    const { streamId } = this.#stream
    const timer = await this.#deps.store.chatTimers.find(streamId, await this.#deps.namesOf(chat))
    // It may have been learnt while it was read.
    const learnt = this.#deps.memory.get(chat)
    if (learnt) return learnt.timer
    this.#deps.memory.set(chat, { timer })
    return timer
  }

  /** The timer of a chat that is written to: one that begins gets what the account gives to new ones. */
  async forSend(chat: string): Promise<ChatTimer | null> {
    // What was just heard counts: a group says with its members how long its messages stay.
    await this.#turns.settled()
    const timer = await this.of(chat)
    const given = timer === null ? this.#deps.ofNewChats() : null
    if (!given || isGroup(chat) || isBroadcast(chat) || isNewsletter(chat)) return timer
    if (await this.#hasBegun(chat)) return null
    await this.learn([{ chat, ...given }])
    return given
  }

  /**
   * Takes settings in, in one commit; the newest wins, of two of the same second the one that comes later. Resolves when they were
   * handed to the store: what is handed to it later, such as the end of their inbox rows, is durable later. Rejects never.
   */
  learn(settings: (ChatTimer & { chat: string })[]): Promise<void> {
    return this.#turns.take(() => this.#learn(settings)).catch(this.#deps.failed)
  }

  async #learn(settings: (ChatTimer & { chat: string })[]): Promise<void> {
    const chatTimers: (ChatTimer & { chat: string })[] = []
    for (const { chat, ...timer } of settings) {
      const known = await this.of(chat)
      const isNewer = known === null ? timer.expiration > 0 : known.setAt <= timer.setAt
      if (!isNewer || (known?.expiration === timer.expiration && known.setAt === timer.setAt)) continue
      const names = await this.#deps.namesOf(chat)
      for (const name of names) this.#deps.memory.set(name, { timer })
      chatTimers.push({ chat: names[0] ?? chat, ...timer })
    }
    if (chatTimers.length === 0) return
    const { store, failed } = this.#deps
    store.commit({ ...this.#stream, lazy: true, chatTimers }).catch(failed)
  }

  /** Whether a chat without a timer has messages. */
  async #hasBegun(chat: string): Promise<boolean> {
    const { memory, store, namesOf } = this.#deps
    if (memory.get(chat)?.begun) return true
    if (!(await store.messages.knowsChat(this.#stream.streamId, await namesOf(chat)))) return false
    memory.set(chat, { timer: null, begun: true })
    return true
  }

  /** A group as WhatsApp has it now, which does not say since when. */
  learnGroup(chat: string, expiration: number, now: number): Promise<void> {
    const learn = async () => {
      if (((await this.of(chat))?.expiration ?? 0) === expiration) return
      await this.#learn([{ chat, expiration, setAt: Math.floor(now / 1000) }])
    }
    return this.#turns.take(learn).catch(this.#deps.failed)
  }
}
