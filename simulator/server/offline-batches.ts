import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Device } from '../accounts/account.ts'
import type { KeptStanza } from '../accounts/kept-stanza.ts'
import { writeKept } from '../delivery.ts'
import type { Connection } from '../protocol/connection.ts'
import { child, SERVER, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'

const KINDS = ['message', 'notification', 'receipt', 'call', 'status'] as const

/**
 * Tells a device that became active how much waits for it, or at once that nothing does. What waits is sent in batches as the
 * device asks for them, oldest first; after the last one comes the marker, and what its own phone has for it.
 */
export function announceKept(world: World, connection: Connection, device: Device): void {
  const waiting = [...device.mailbox.stanzas()].filter(({ peer }) => !peer)
  device.catchingUp = { waiting, sent: 0 }
  if (waiting.length === 0) {
    endOffline(world, connection, device, 0)
    return
  }
  const counts = KINDS.map(kind => [kind, waiting.filter(kept => kept.kind === kind).length])
  const preview = { count: waiting.length, ...Object.fromEntries(counts), appdata: 0 }
  connection.send(stanza('ib', { from: SERVER }, [stanza('offline_preview', preview)]))
}

/** Takes `<ib>` from a device: `<offline_batch count>` asks for the next batch; everything else is only told. */
export function takeInfo(world: World, connection: Connection, device: Device, ib: BinaryNode): void {
  const { catchingUp } = device
  const asked = child(ib, 'offline_batch')
  if (!asked || !catchingUp) return
  const batch = catchingUp.waiting.splice(0, Math.min(Number(asked.attrs.count ?? 0), world.options.maxBatch))
  for (const kept of batch) sendWaiting(world, connection, device, kept)
  if (catchingUp.waiting.length === 0) endOffline(world, connection, device, catchingUp.sent)
}

function sendWaiting(world: World, connection: Connection, device: Device, kept: KeptStanza) {
  const { catchingUp } = device
  // It may have been acknowledged since.
  if (!catchingUp || kept.owed.size === 0) return
  if (writeKept(world, connection, device, kept, catchingUp.sent)) catchingUp.sent++
}

function endOffline(world: World, connection: Connection, device: Device, count: number) {
  device.catchingUp = undefined
  connection.send(stanza('ib', { from: SERVER }, [stanza('offline', { count })]))
  for (const kept of device.mailbox.stanzas())
    if (kept.peer && kept.connection !== connection) writeKept(world, connection, device, kept)
}
