import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Account } from '../accounts/account.ts'
import { namesInReceipt } from '../accounts/names.ts'
import { deliver } from '../delivery.ts'
import { inGroup } from '../groups/group.ts'
import { deliverGroupReceipt } from '../groups/group-receipts.ts'
import { seconds, stanza } from '../protocol/stanza.ts'
import { bundleNodes } from '../signal/key-bundle.ts'
import type { World } from '../world.ts'
import type { ContactState, MessageOrigin } from './contact-state.ts'

/** Sends a delivery receipt, once for each message. */
export function sendDelivered(world: World, account: Account, origin: MessageOrigin, id: string): void {
  if (origin.delivered) return
  origin.delivered = true
  sendReceipt(world, account, origin, id)
}

/** Sends a read or played receipt; a phone never reads what it did not report as delivered. */
export function sendRead(
  world: World,
  { account, autoDelivered }: ContactState,
  origin: MessageOrigin,
  id: string,
  type: 'read' | 'played',
): void {
  if (autoDelivered) sendDelivered(world, account, origin, id)
  sendReceipt(world, account, origin, id, type)
}

/** Asks for a message again that could not be decrypted, with keys for a new session. */
export function sendRetry(
  world: World,
  account: Account,
  origin: Omit<MessageOrigin, 'delivered'>,
  id: string,
  count: number,
  t: string,
): void {
  const [registration, ...keys] = bundleNodes(account.signal.freshBundle())
  const asked = [stanza('retry', { count, id, t, v: 1 }), registration!, stanza('keys', {}, keys)]
  sendReceipt(world, account, origin, id, 'retry', asked)
}

function sendReceipt(
  world: World,
  account: Account,
  { device, addressee, group }: Omit<MessageOrigin, 'delivered'>,
  id: string,
  type?: string,
  content?: BinaryNode[],
) {
  if (group && type !== 'retry') {
    deliverGroupReceipt(world, device, group, account, { id, type })
    return
  }
  const names = namesInReceipt(account, addressee)
  const node = stanza('receipt', { ...addressee, ...names, id, type, t: seconds() }, content)
  deliver(world, device, { kind: 'receipt', id, from: account.pn, node, peer: false, ...inGroup(group) })
}
