import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import { keep } from '../delivery.ts'
import type { Group } from '../groups/group.ts'
import { bundleNodes, seconds, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'

/** Who this phone is to the sender of a message: the address that was used, in a group the group and the member. */
export type Addressee = { from: string; participant?: string }

/** Where a message came from, to which its receipts go. */
export type Source = { device: Device; addressee: Addressee; group: Group | undefined; delivered: boolean }

/** The receipts a phone sends for what it got. */
export class ContactReceipts {
  readonly #world: World
  readonly #account: Account

  constructor(world: World, account: Account) {
    this.#world = world
    this.#account = account
  }

  /** Once only. */
  delivered(source: Source, id: string): void {
    if (source.delivered) return
    source.delivered = true
    this.#send(source, id)
  }

  send(source: Source, id: string, type: 'read' | 'played'): void {
    this.#send(source, id, type)
  }

  /** Asks for a message again that could not be decrypted, with keys for a new session. */
  retry(source: Omit<Source, 'delivered'>, id: string, count: number, t: string): void {
    const [registration, ...keys] = bundleNodes(this.#account.signal.freshBundle())
    const asked = [stanza('retry', { count, id, t, v: 1 }), registration!, stanza('keys', {}, keys)]
    this.#send(source, id, 'retry', asked)
  }

  #send(
    { device, addressee, group }: Omit<Source, 'delivered'>,
    id: string,
    type?: string,
    content?: BinaryNode[],
  ) {
    const node = stanza('receipt', { ...addressee, id, type, t: seconds() }, content)
    const from = this.#account.pn
    keep(this.#world, device, { kind: 'receipt', id, from, node, peer: false, ...inGroup(group) })
  }
}

export const inGroup = (group: Group | undefined) => (group ? { group: group.jid } : undefined)
