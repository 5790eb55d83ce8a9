import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Device } from '../accounts/account.ts'
import { unackedError } from '../faults/on-sockets.ts'
import type { Connection } from '../protocol/connection.ts'
import type { World } from '../world.ts'
import type { Client } from './client.ts'

/**
 * A stanza that a client did not acknowledge: its tag, id and type, the device's jid (null for a socket that is not linked), and
 * what is owed for it.
 */
export type Unacked = { tag: string; id: string; type: string | null; device: string | null; owed: string[] }

/** What was written to this connection and is not acknowledged as it must be. */
export function unackedBy({ offer, device, connection }: Client): Unacked[] {
  const line = ({ tag, attrs }: BinaryNode, owed: Iterable<string>): Unacked => ({
    tag,
    id: attrs.id ?? '',
    type: attrs.type ?? null,
    device: device?.jid ?? null,
    owed: [...owed],
  })
  const kept = [...(device?.mailbox.stanzas() ?? [])].filter(one => one.connection === connection)
  const offered = [...(offer?.unacked.values() ?? [])]
  return [...offered.map(node => line(node, ['ack'])), ...kept.map(({ node, owed }) => line(node, owed))]
}

/** Ends the stream of a device that lets something wait too long: `<stream:error><ack/>`. Looked at with each ping; true if it ended. */
export function endUnacked(world: World, connection: Connection, device: Device): boolean {
  const before = Date.now() - world.options.ackTimeoutMs
  const late = [...device.mailbox.stanzas()].find(
    kept => kept.connection === connection && (kept.at ?? 0) <= before,
  )
  if (late) connection.end(unackedError(late.kind, late.id))
  return late !== undefined
}
