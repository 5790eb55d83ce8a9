import type { Device } from './accounts/account.ts'
import type { Letter } from './accounts/mailbox.ts'
import type { Entry } from './ledger.ts'
import type { Connection } from './protocol/connection.ts'
import { stanza } from './protocol/stanza.ts'
import type { World } from './world.ts'

/** Keeps a stanza for a device until it is acknowledged, and writes it at once when the device is active. */
export function keep(world: World, device: Device, letter: Omit<Letter, 'sends'>): void {
  if (device.removed) return
  const kept: Letter = { ...letter, sends: 0 }
  device.mailbox.put(kept)
  if (device.connection?.ready) write(world, device.connection, device, kept)
}

/** Sends all that is kept for a device that became active, oldest first, then the marker that ends the offline part. */
export function flush(world: World, connection: Connection, device: Device): void {
  const peers: Letter[] = []
  let offline = 0
  for (const letter of device.mailbox.letters()) {
    if (letter.peer) peers.push(letter)
    else if (write(world, connection, device, letter, offline)) offline++
  }
  connection.send(stanza('ib', { from: '@s.whatsapp.net' }, [stanza('offline', { count: offline })]))
  for (const letter of peers) write(world, connection, device, letter)
}

/** Writes what could not be written while a connection was silent. */
export function resume(world: World, connection: Connection): void {
  const { device } = connection
  if (!device || !connection.ready) return
  for (const letter of device.mailbox.letters()) {
    if (letter.sends === 0) write(world, connection, device, letter)
  }
}

function write(
  world: World,
  connection: Connection,
  device: Device,
  letter: Letter,
  offline?: number,
): boolean {
  const { node } = letter
  const sent = offline === undefined ? node : { ...node, attrs: { ...node.attrs, offline: String(offline) } }
  if (!connection.send(sent)) return false
  const list = letter.sends++ === 0 ? world.ledger.delivered : world.ledger.redelivered
  if (letter.kind === 'message') list.push(entryOf(device, letter))
  return true
}

/** What an acknowledgement said: a receipt of some type, or an ack, perhaps with an error. */
export type Acknowledgement = { by: 'receipt' | 'ack'; type?: string; error?: string }

/** Forgets the copy of a stanza that a device acknowledged; nothing happens when none is kept. */
export function acknowledge(
  world: World,
  device: Device,
  kind: Letter['kind'],
  id: string,
  from: string,
  how: Acknowledgement,
): void {
  const letter = device.mailbox.take(kind, id, from)
  if (letter?.kind !== 'message') return
  world.ledger.acknowledged.push({ ...entryOf(device, letter), ...how })
  world.events.emit('acknowledged', { id, device: device.jid })
}

function entryOf(device: Device, { id, from, group }: Letter): Entry {
  const entry = { id, from, to: device.account.pn, device: device.jid, at: Date.now() }
  return group ? { ...entry, group } : entry
}
