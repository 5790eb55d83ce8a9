import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Client } from './client.ts'

/** A stanza that a client did not acknowledge: its tag, id and type, and the device's jid, null for a socket that is not linked. */
export type Unacked = { tag: string; id: string; type: string | null; device: string | null }

/** What was written to this connection and not acknowledged. */
export function unackedBy({ offer, device }: Client): Unacked[] {
  const line = ({ tag, attrs }: BinaryNode): Unacked => ({
    tag,
    id: attrs.id ?? '',
    type: attrs.type ?? null,
    device: device?.jid ?? null,
  })
  return [...(offer?.unacked.values() ?? [])].map(line)
}
