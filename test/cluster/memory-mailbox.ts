import type { LeftSend, Mailbox } from '../../src/ports/cluster/mailbox.ts'

/** Sends that wait, in memory; keys are nobody's here. `fail`: what it says of the next question. */
export class MemoryMailbox implements Mailbox {
  readonly left: { streamId: string; send: LeftSend }[] = []
  owned = false
  fail: Error | null = null
  /** What is asked is answered only once this is. */
  held: Promise<void> | null = null

  async leave(streamId: string, send: LeftSend) {
    if (this.owned) return 'owned' as const
    this.left.push({ streamId, send })
    return 'stored' as const
  }

  async of(streamId: string): Promise<LeftSend[]> {
    const { fail, held } = this
    await held
    this.fail = null
    if (fail !== null) throw fail
    return this.left.filter(one => one.streamId === streamId).map(({ send }) => structuredClone(send))
  }

  async find(streamId: string, messageId: string): Promise<LeftSend | null> {
    return (await this.of(streamId)).find(send => send.messageId === messageId) ?? null
  }

  async taken(streamId: string, messageIds: string[]): Promise<void> {
    for (const id of messageIds) {
      const at = this.left.findIndex(one => one.streamId === streamId && one.send.messageId === id)
      if (at >= 0) this.left.splice(at, 1)
    }
  }
}
