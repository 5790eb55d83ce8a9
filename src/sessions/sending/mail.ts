import type { Clock } from '../../base/clock.ts'
import type { LeftSend, Mailbox } from '../../ports/cluster/mailbox.ts'
import type { Store } from '../../ports/store.ts'

export interface MailDeps {
  mailbox: Mailbox
  store: Pick<Store, 'messages'>
  clock: Clock
}

/** What was left for one session while nobody had it. */
export class Mail {
  readonly #streamId: string
  readonly #deps: MailDeps

  constructor(streamId: string, deps: MailDeps) {
    this.#streamId = streamId
    this.#deps = deps
  }

  /** Has `accept` take over one send after the other, each durable when it resolves; what an earlier owner took over is only removed. */
  async take<T>(accept: (send: LeftSend) => Promise<T>): Promise<T[]> {
    const { mailbox } = this.#deps
    const left = await mailbox.of(this.#streamId)
    if (left.length === 0) return []
    const taken: T[] = []
    for (const send of left) if (await this.#isNew(send)) taken.push(await accept(send))
    await mailbox.taken(
      this.#streamId,
      left.map(({ messageId }) => messageId),
    )
    return taken
  }

  async #isNew({ messageId, promised }: LeftSend): Promise<boolean> {
    const { store, clock } = this.#deps
    if ((await store.messages.find(this.#streamId, messageId, 'out')) !== null) return false
    if (promised === null) return true
    // One key, one send: an owner that was thought to be gone may have taken it, too.
    const stands = await store.messages.idempotent(this.#streamId, promised.key, clock.now())
    return stands === null || stands.messageId === messageId
  }
}
