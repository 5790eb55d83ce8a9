import type { SignalKeyStore } from '@whiskeysockets/baileys'
import type { KeySet } from './auth-state.ts'

const TYPE = 'sender-key-memory'

/** Which devices of a group were given our sender key, as of one send. */
export interface SenderKeyHolders {
  group: string
  devices: Record<string, boolean>
  /** Grows whenever Baileys forgets the group's holders. */
  life: number
}

/**
 * Believes that devices of a group have our sender key only once WhatsApp acknowledged the message that carried it. Baileys
 * notes it as soon as the bytes are written: if they are lost with the connection, nobody could read what follows.
 */
export class SenderKeyMemory {
  /** For Baileys' configuration. */
  readonly keys: SignalKeyStore
  readonly #stored: SignalKeyStore
  readonly #sent = new Map<string, SenderKeyHolders>()
  readonly #lives = new Map<string, number>()

  constructor(stored: SignalKeyStore) {
    this.#stored = stored
    this.keys = {
      get: async (type, ids) => {
        const found = await stored.get(type, ids)
        if (type !== TYPE) return found
        for (const id of ids) {
          const sent = this.#sent.get(id)
          if (sent) Object.assign(found, { [id]: { ...sent.devices } })
        }
        return found
      },
      set: ({ [TYPE]: memory, ...others }: KeySet) => {
        const forgotten = Object.entries(memory ?? {}).filter(
          ([group, devices]) => !this.#note(group, devices),
        )
        const left = forgotten.length > 0 ? { ...others, [TYPE]: Object.fromEntries(forgotten) } : others
        return Object.keys(left).length > 0 ? stored.set(left) : Promise.resolve()
      },
    }
  }

  /** Who has the key once the message that was just sent to the group arrives; null when nothing is known. */
  holders(group: string): SenderKeyHolders | null {
    return this.#sent.get(group) ?? null
  }

  /** WhatsApp acknowledged the message after which these had the key; resolves when that is durable. */
  async confirm({ group, devices, life }: SenderKeyHolders): Promise<void> {
    if (life !== this.#lifeOf(group)) return
    const { [group]: known } = await this.#stored.get(TYPE, [group])
    if (JSON.stringify(known) !== JSON.stringify(devices))
      await this.#stored.set({ [TYPE]: { [group]: devices } })
  }

  /** Gives the key to everybody again with the next message. */
  async forget(group: string): Promise<void> {
    await this.keys.set({ [TYPE]: { [group]: null } })
  }

  /** Whether there is anything to remember. */
  #note(group: string, devices: Record<string, boolean> | null): boolean {
    if (devices) this.#sent.set(group, { group, devices: { ...devices }, life: this.#lifeOf(group) })
    else {
      this.#sent.delete(group)
      this.#lives.set(group, this.#lifeOf(group) + 1)
    }
    return devices !== null
  }

  #lifeOf(group: string): number {
    return this.#lives.get(group) ?? 0
  }
}
