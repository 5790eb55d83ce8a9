import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Device } from './accounts/account.ts'
import type { KeptStanza } from './accounts/kept-stanza.ts'
import type { NewStanza } from './accounts/mailbox.ts'
import { holdBack, withFaults } from './faults/deliveries.ts'
import type { Entry } from './ledger.ts'
import type { Connection } from './protocol/connection.ts'
import type { World } from './world.ts'

/**
 * Keeps a stanza for a device until it is acknowledged, and writes it at once when the device is active. While what waited is still
 * being fetched it joins the end of that: nothing overtakes.
 */
export function deliver(world: World, device: Device, toKeep: NewStanza): void {
  if (device.removed) return
  for (const stanza of withFaults(world, device, toKeep)) {
    const kept = device.mailbox.put(stanza)
    const { connection, catchingUp } = device
    if (!connection?.ready) continue
    if (catchingUp) {
      if (!kept.peer) catchingUp.waiting.push(kept)
    } else if (!heldBack(world, device, kept)) writeKept(world, connection, device, kept)
  }
}

/** Keeps a stanza back while a fault lets others overtake it; true if it will be written later. */
function heldBack(world: World, device: Device, kept: KeptStanza): boolean {
  return holdBack(world, device, kept, one => {
    const { connection, catchingUp } = device
    if (connection?.ready && !catchingUp && one.sends === 0 && one.owed.size > 0)
      writeKept(world, connection, device, one)
  })
}

/** Writes what could not be written while a connection was silent; what waits for its batch goes on waiting. */
export function deliverUnwritten(world: World, connection: Connection, device: Device): void {
  if (!connection.ready || device.catchingUp) return
  for (const kept of device.mailbox.stanzas()) {
    if (kept.sends === 0) writeKept(world, connection, device, kept)
  }
}

/** Writes a kept stanza, with its number when it is one of those that waited; false when nothing could be written. */
export function writeKept(
  world: World,
  connection: Connection,
  device: Device,
  kept: KeptStanza,
  offline?: number,
): boolean {
  const { node } = kept
  const sent = offline === undefined ? node : { ...node, attrs: { ...node.attrs, offline: String(offline) } }
  if (!connection.send(sent)) return false
  const isFirst = kept.sends++ === 0 && !kept.isCopy
  const list = isFirst ? world.ledger.delivered : world.ledger.redelivered
  if (kept.kind === 'message') list.push(entryOf(device, kept))
  kept.connection = connection
  kept.at = Date.now()
  // A caller who has given up is not told that it rang here.
  if (offline !== undefined) kept.owed.delete('offer')
  return true
}

/**
 * Takes an ack or a receipt for a stanza: what it settles is forgotten, what it answers wrongly stays and is told in the ledger.
 * False when nothing is kept under that name.
 */
export function acknowledge(
  world: World,
  device: Device,
  kind: KeptStanza['kind'],
  id: string,
  answer: BinaryNode,
): boolean {
  const settled = device.mailbox.settle(kind, id, answer)
  if (!settled) return false
  const { type, error } = answer.attrs
  const by = answer.tag as 'ack' | 'receipt'
  if ('why' in settled) {
    const { why } = settled
    world.ledger.wrong.push({ tag: by, attrs: answer.attrs, why: `${kind}: ${why}`, at: Date.now() })
  } else if (settled.done && kind === 'message') {
    const how = { by, ...(by === 'receipt' && type && { type }), ...(error && { error }) }
    world.ledger.acknowledged.push({ ...entryOf(device, settled.kept), ...how })
    world.events.emit('acknowledged', { id, device: device.jid })
  }
  return true
}

function entryOf(device: Device, { id, from, group }: KeptStanza): Entry {
  const entry = { id, from, to: device.account.pn, device: device.jid, at: Date.now() }
  return group ? { ...entry, group } : entry
}
