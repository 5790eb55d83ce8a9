import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Device } from '../accounts/account.ts'
import type { KeptStanza } from '../accounts/kept-stanza.ts'
import type { NewStanza } from '../accounts/mailbox.ts'
import type { World } from '../world.ts'

const HOLD_MS = 200

/** What becomes of a stanza on its way to a device: itself, a spoilt one, or two. */
export function withFaults(world: World, device: Device, toKeep: NewStanza): NewStanza[] {
  if (toKeep.peer) return [toKeep]
  const isSecret = hasCiphertext(toKeep.node)
  const isSpoilt = isSecret && world.faults.take('undecryptable', device)
  if (isSpoilt) {
    const { id, from, group } = toKeep
    const entry = { id, from, to: device.account.pn, device: device.jid, at: Date.now() }
    world.ledger.spoilt.push(group ? { ...entry, group } : entry)
  }
  const stanza = isSpoilt ? { ...toKeep, node: spoilt(toKeep.node) } : toKeep
  return world.faults.take('duplicate', device) ? [stanza, { ...stanza, isCopy: true }] : [stanza]
}

/**
 * Holds a stanza back if a fault wants another order: what comes until its delay has passed is written then, as the seed shuffles it.
 * False if it is to be written now.
 */
export function holdBack(
  world: World,
  device: Device,
  kept: KeptStanza,
  write: (kept: KeptStanza) => void,
): boolean {
  if (kept.peer) return false
  if (device.heldBack) {
    device.heldBack.push(kept)
    return true
  }
  const fault = world.faults.take('reorder', device)
  if (!fault) return false
  const batch = [kept]
  device.heldBack = batch
  world.later(fault.delay ?? HOLD_MS, () => {
    device.heldBack = undefined
    const shuffled = world.random.shuffled(batch, 'order', device.jid, kept.id)
    for (const one of fault.chats === 'kept' ? inTurn(batch, shuffled) : shuffled) write(one)
  })
  return true
}

/** The chats as they were shuffled, what is in each as it was said. */
function inTurn(batch: KeptStanza[], shuffled: KeptStanza[]): KeptStanza[] {
  const chats = Map.groupBy(batch, chatOf)
  return shuffled.map(one => chats.get(chatOf(one))!.shift()!)
}

const chatOf = ({ from, group }: KeptStanza) => group ?? from

const hasCiphertext = ({ tag, content }: BinaryNode) =>
  tag === 'message' && Array.isArray(content) && content.some(part => part.tag === 'enc')

function spoilt({ content, ...node }: BinaryNode): BinaryNode {
  const parts = (content as BinaryNode[]).map(part => {
    if (part.tag !== 'enc') return part
    const bytes = Buffer.from(part.content as Uint8Array)
    bytes[bytes.length - 1]! ^= 0xff
    return { ...part, content: bytes }
  })
  return { ...node, content: parts }
}
