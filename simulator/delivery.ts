import type { Device } from './accounts/account.ts'
import type { KeptStanza } from './accounts/mailbox.ts'
import type { Entry } from './ledger.ts'
import type { Connection } from './protocol/connection.ts'
import { stanza } from './protocol/stanza.ts'
import type { World } from './world.ts'

/** Keeps a stanza for a device until it is acknowledged, and writes it at once when the device is active. */
export function deliver(world: World, device: Device, toKeep: Omit<KeptStanza, 'sends'>): void {
  if (device.removed) return
  const kept: KeptStanza = { ...toKeep, sends: 0 }
  device.mailbox.put(kept)
  if (device.connection?.ready) write(world, device.connection, device, kept)
}

/** Sends all that is kept for a device that became active, oldest first, then the marker that ends the offline part. */
export function deliverKept(world: World, connection: Connection, device: Device): void {
  const peers: KeptStanza[] = []
  let offline = 0
  for (const kept of device.mailbox.stanzas()) {
    if (kept.peer) peers.push(kept)
    else if (write(world, connection, device, kept, offline)) offline++
  }
  connection.send(stanza('ib', { from: '@s.whatsapp.net' }, [stanza('offline', { count: offline })]))
  for (const kept of peers) write(world, connection, device, kept)
}

/** Writes what could not be written while a connection was silent. */
export function deliverUnwritten(world: World, connection: Connection, device: Device): void {
  if (!connection.ready) return
  for (const kept of device.mailbox.stanzas()) {
    if (kept.sends === 0) write(world, connection, device, kept)
  }
}

function write(
  world: World,
  connection: Connection,
  device: Device,
  kept: KeptStanza,
  offline?: number,
): boolean {
  const { node } = kept
  const sent = offline === undefined ? node : { ...node, attrs: { ...node.attrs, offline: String(offline) } }
  if (!connection.send(sent)) return false
  kept.offline = offline !== undefined
  const list = kept.sends++ === 0 ? world.ledger.delivered : world.ledger.redelivered
  if (kept.kind === 'message') list.push(entryOf(device, kept))
  return true
}

/** What an acknowledgement said: a receipt of some type, or an ack, perhaps with an error. */
export type Acknowledgement = { by: 'receipt' | 'ack'; type?: string; error?: string }

/** Forgets the copy of a stanza that a device acknowledged; nothing happens when none is kept. */
export function acknowledge(
  world: World,
  device: Device,
  kind: KeptStanza['kind'],
  id: string,
  from: string,
  how: Acknowledgement,
): void {
  const kept = device.mailbox.take(kind, id, from)
  if (kept?.kind !== 'message') return
  world.ledger.acknowledged.push({ ...entryOf(device, kept), ...how })
  world.events.emit('acknowledged', { id, device: device.jid })
}

function entryOf(device: Device, { id, from, group }: KeptStanza): Entry {
  const entry = { id, from, to: device.account.pn, device: device.jid, at: Date.now() }
  return group ? { ...entry, group } : entry
}
