import type { Device } from '../accounts/account.ts'

/** Who holds a phone's sender key of a group, and of which epoch of the group that key is. */
export type Holders = { epoch: number; devices: Set<Device> }

/** Which devices hold a phone's sender keys, by the jid of the group. */
export class SenderKeyHolders {
  readonly #byGroup = new Map<string, Holders>()
  #work: Promise<unknown> = Promise.resolve()

  get(group: string): Holders | undefined {
    return this.#byGroup.get(group)
  }

  /** Begins an epoch: nobody holds its key yet. */
  begin(group: string, epoch: number): Holders {
    const holders: Holders = { epoch, devices: new Set() }
    this.#byGroup.set(group, holders)
    return holders
  }

  /** Hands the sender keys to a device again when next it needs one. */
  forget(device: Device): void {
    for (const { devices } of this.#byGroup.values()) devices.delete(device)
  }

  /** One group message after the other: the key must be kept for a device before what it decrypts. */
  inOrder<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#work.then(work)
    this.#work = next.catch(() => {})
    return next
  }
}
