import type { SignalKeyStore } from '@whiskeysockets/baileys'
import type { KeySet } from './auth-state.ts'

const TYPE = 'sender-key-memory'

/** Which devices of a group were given our sender key, as of one send. */
export interface SenderKeyHolders {
  group: string
  devices: Record<string, boolean>
  /** Grows whenever Baileys forgets the group's holders. */
  generation: number
}

/**
 * Notes that devices of a group have our sender key only once WhatsApp acknowledged the message that carried it. Baileys
 * 7.0.0-rc14 notes it as soon as the bytes are written: if they are lost with the connection, nobody could read what follows
 * (akin to WhiskeySockets/Baileys issue 2704: such notes are never taken back).
 */
export class SenderKeyMemory {
  /** For Baileys' configuration. */
  readonly keys: SignalKeyStore
  readonly #stored: SignalKeyStore
  readonly #sent = new Map<string, SenderKeyHolders>()
  readonly #generations = new Map<string, number>()

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
        const toForget = Object.entries(memory ?? {}).filter(
          ([group, devices]) => !this.#note(group, devices),
        )
        const toStore = toForget.length > 0 ? { ...others, [TYPE]: Object.fromEntries(toForget) } : others
        return Object.keys(toStore).length > 0 ? stored.set(toStore) : Promise.resolve()
      },
    }
  }

  /** Who has the key once the message that was just sent to the group arrives; null when nothing is known. */
  holders(group: string): SenderKeyHolders | null {
    return this.#sent.get(group) ?? null
  }

  /** WhatsApp acknowledged the message after which these had the key; resolves when that is durable. */
  async confirm({ group, devices, generation }: SenderKeyHolders): Promise<void> {
    if (generation !== this.#generationOf(group)) return
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
    if (devices)
      this.#sent.set(group, { group, devices: { ...devices }, generation: this.#generationOf(group) })
    else {
      this.#sent.delete(group)
      this.#generations.set(group, this.#generationOf(group) + 1)
    }
    return devices !== null
  }

  #generationOf(group: string): number {
    return this.#generations.get(group) ?? 0
  }
}
