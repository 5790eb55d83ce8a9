import type { BinaryNode, proto } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import { editAttribute } from '../content/revisions.ts'
import { typeOf } from '../content/text.ts'
import { keep } from '../delivery.ts'
import { type Group, groupSender } from '../groups/group.ts'
import { seconds, stanza } from '../protocol/stanza.ts'
import type { Ciphertext } from '../signal/endpoint.ts'
import type { World } from '../world.ts'
import { type Retry, type Said, unavailableNode } from './send-to-device.ts'

/** What one phone knows about a group: who holds its sender key of this epoch. */
type Known = { epoch: number; holders: Set<Device> }

/** How a phone speaks in groups: one sender key each, handed to every linked device before the first message that needs it. */
export class GroupVoice {
  readonly #world: World
  readonly #account: Account
  readonly #known = new Map<string, Known>()
  #work: Promise<unknown> = Promise.resolve()

  constructor(world: World, account: Account) {
    this.#world = world
    this.#account = account
  }

  /** Encrypts a message once for the group and keeps it for each linked device of each member, its own ones included. */
  say(group: Group, id: string, said: Said): Promise<void> {
    return this.#inOrder(async () => {
      if (said.unavailable) return this.#keepUnavailable(group, id, said, unavailableNode(said.unavailable))
      const { signal, lidJid } = this.#account
      const { holders } = await this.#of(group)
      const { distribution, ...shared } = await signal.encryptForGroup(group.jid, lidJid, said.message)
      for (const account of group.accounts) {
        for (const device of account.devices.values()) {
          const encs = holders.has(device) ? [] : [await this.#handKey(group, device, distribution)]
          holders.add(device)
          this.#keep(group, device, id, said, encNodes([...encs, shared]))
        }
      }
    })
  }

  /**
   * Says it again to one device, in a new pairwise session and with the sender key, as phones answer a retry receipt. One who left
   * gets no answer.
   */
  resend(group: Group, device: Device, id: string, said: Said, retry: Retry): Promise<void> {
    return this.#inOrder(async () => {
      if (!group.accounts.has(device.account)) return
      const { signal, lidJid } = this.#account
      const { holders } = await this.#of(group)
      const distribution = await signal.senderKeyFor(group.jid, lidJid)
      const message = { ...said.message, senderKeyDistributionMessage: keyMessage(group, distribution) }
      await signal.forget(device.lidJid)
      const bundle = retry.bundle ?? (() => device.takeBundle())
      const enc = await signal.encrypt(device.lidJid, message, bundle)
      holders.add(device)
      this.#keep(group, device, id, said, encNodes([enc], retry.count))
    })
  }

  /** Hands the sender keys to a device again when next it needs one. */
  forget(device: Device): void {
    for (const { holders } of this.#known.values()) holders.delete(device)
  }

  async #of(group: Group): Promise<Known> {
    const known = this.#known.get(group.jid)
    if (known?.epoch === group.epoch) return known
    if (known) await this.#account.signal.dropSenderKey(group.jid, this.#account.lidJid)
    const made: Known = { epoch: group.epoch, holders: new Set() }
    this.#known.set(group.jid, made)
    return made
  }

  #handKey(group: Group, device: Device, distribution: Uint8Array): Promise<Ciphertext> {
    const message = { senderKeyDistributionMessage: keyMessage(group, distribution) }
    return this.#account.signal.encrypt(device.lidJid, message, () => device.takeBundle())
  }

  #keepUnavailable(group: Group, id: string, said: Said, node: BinaryNode) {
    for (const account of group.accounts)
      for (const device of account.devices.values()) this.#keep(group, device, id, said, [node])
  }

  #keep(group: Group, device: Device, id: string, said: Said, content: BinaryNode[]) {
    const account = this.#account
    const attributes = {
      ...groupSender(group, account, account),
      id,
      type: typeOf(said.message),
      edit: editAttribute(said.message),
      t: seconds(said.at),
      notify: account.name,
    }
    const node = stanza('message', attributes, content)
    keep(this.#world, device, { kind: 'message', id, from: account.pn, group: group.jid, node, peer: false })
  }

  /** One group message after the other: the key must be kept for a device before what it decrypts. */
  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#work.then(work)
    this.#work = next.catch(() => {})
    return next
  }
}

function encNodes(encs: Ciphertext[], count?: number): BinaryNode[] {
  return encs.map(({ type, ciphertext }) => stanza('enc', { v: 2, type, count }, ciphertext))
}

function keyMessage(group: Group, distribution: Uint8Array): proto.Message.ISenderKeyDistributionMessage {
  return { groupId: group.jid, axolotlSenderKeyDistributionMessage: distribution }
}
