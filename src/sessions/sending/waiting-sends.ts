import type { Send } from './send.ts'

/** Sends that are to leave, by chat: each chat in the order in which its sends were accepted. */
export class WaitingSends {
  readonly #chats = new Map<string, Send[]>()
  readonly #known = new Map<string, Send>()

  get size(): number {
    return this.#known.size
  }

  has(messageId: string): boolean {
    return this.#known.has(messageId)
  }

  /** Takes the place that its `seq` gives it; one that waits already keeps its place. */
  add(send: Send): void {
    if (this.#known.has(send.messageId)) return
    this.#known.set(send.messageId, send)
    const chat = this.#chats.get(send.chatId) ?? []
    let place = chat.length
    while (place > 0 && chat[place - 1]!.seq > send.seq) place--
    chat.splice(place, 0, send)
    this.#chats.set(send.chatId, chat)
  }

  remove(messageId: string): void {
    const send = this.#known.get(messageId)
    if (send === undefined) return
    this.#known.delete(messageId)
    const chat = this.#chats.get(send.chatId)!
    chat.splice(chat.indexOf(send), 1)
    if (chat.length === 0) this.#chats.delete(send.chatId)
  }

  /** The oldest send to a person, under any of these names. */
  firstOf(names: string[]): Send | null {
    let first: Send | null = null
    for (const name of names) {
      const send = this.#chats.get(name)?.[0]
      if (send && (first === null || send.seq < first.seq)) first = send
    }
    return first
  }

  clear(): void {
    this.#chats.clear()
    this.#known.clear()
  }
}
