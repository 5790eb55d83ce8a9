import type { ChatTimer } from '../../messages/chat-timer.ts'
import type { Store } from '../../ports/store.ts'
import { isBroadcast, isGroup, isNewsletter } from '../jid.ts'
import type { TimerMemory } from './timer-memory.ts'

export interface ChatTimersDeps {
  store: Pick<Store, 'commit' | 'messages' | 'chatTimers'>
  memory: TimerMemory
  /** All names of a chat (full jids), a LID first; a group has one. */
  namesOf(chat: string): string[]
  /** What the account gives to chats that begin; null if nothing. */
  ofNewChats(): ChatTimer | null
  /** The store refused what was learnt. */
  failed(error: unknown): void
}

/** How long messages stay in the chats of one session: learnt from whoever says it last, and kept for what is sent. */
export class ChatTimers {
  readonly #deps: ChatTimersDeps
  readonly #stream: { streamId: string; epoch: number }

  constructor(deps: ChatTimersDeps, stream: { streamId: string; epoch: number }) {
    this.#deps = deps
    this.#stream = { streamId: stream.streamId, epoch: stream.epoch }
  }

  /** The timer of a chat, an expiration of 0 if it was switched off; null if it never had one. */
  of(chat: string): ChatTimer | null {
    const known = this.#deps.memory.get(chat)
    if (known) return known.timer
    const { streamId } = this.#stream
    const timer = this.#deps.store.chatTimers.find(streamId, this.#deps.namesOf(chat))
    this.#deps.memory.set(chat, { timer })
    return timer
  }

  /** The timer of a chat that is written to: one that begins gets what the account gives to new ones. */
  forSend(chat: string): ChatTimer | null {
    const timer = this.of(chat)
    const given = timer === null ? this.#deps.ofNewChats() : null
    if (!given || isGroup(chat) || isBroadcast(chat) || isNewsletter(chat)) return timer
    if (this.#hasBegun(chat)) return null
    this.learn([{ chat, ...given }])
    return given
  }

  /** Takes settings in, in one commit; the newest wins, of two of the same second the one that comes later. */
  learn(settings: (ChatTimer & { chat: string })[]): void {
    const newer = settings.filter(({ chat, expiration, setAt }) => {
      const known = this.of(chat)
      if (known === null ? expiration === 0 : known.setAt > setAt) return false
      return known?.expiration !== expiration || known.setAt !== setAt
    })
    const chatTimers = newer.map(({ chat, ...timer }) => {
      const names = this.#deps.namesOf(chat)
      for (const name of names) this.#deps.memory.set(name, { timer })
      return { chat: names[0] ?? chat, ...timer }
    })
    if (chatTimers.length === 0) return
    // What is handed to the store after it, such as the end of its inbox row, is durable after it.
    const { store, failed } = this.#deps
    store.commit({ ...this.#stream, lazy: true, chatTimers }).catch(failed)
  }

  /** Whether a chat without a timer has messages. */
  #hasBegun(chat: string): boolean {
    const { memory, store, namesOf } = this.#deps
    if (memory.get(chat)?.begun) return true
    if (!store.messages.knowsChat(this.#stream.streamId, namesOf(chat))) return false
    memory.set(chat, { timer: null, begun: true })
    return true
  }

  /** A group as WhatsApp has it now, which does not say since when. */
  learnGroup(chat: string, expiration: number, now: number): void {
    if ((this.of(chat)?.expiration ?? 0) === expiration) return
    this.learn([{ chat, expiration, setAt: Math.floor(now / 1000) }])
  }
}
