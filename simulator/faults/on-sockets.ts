import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Connection } from '../protocol/connection.ts'
import { stanza } from '../protocol/stanza.ts'
import type { Fault, FaultKind } from './table.ts'

/** What each fault does to an open connection; those that are not here leave it alone. */
export const ON_SOCKET: Partial<Record<FaultKind, (connection: Connection, fault: Fault) => void>> = {
  close: connection => connection.end(),
  reset: connection => connection.reset(),
  refuse: connection => connection.reset(),
  failure: connection => connection.end(),
  xmlstreamend: connection => connection.end(stanza('xmlstreamend')),
  '500': connection => connection.endWithStreamError('500'),
  '503': connection => connection.endWithStreamError('503'),
  '515': connection => connection.endWithStreamError('515'),
  'stream-error': (connection, { status, child }) =>
    connection.end(stanza('stream:error', { code: status }, child ? [stanza(child)] : undefined)),
  unacked: connection => connection.end(unackedError('notification', 'unknown')),
  ping: connection => connection.end(stanza('stream:error', {}, [stanza('ping', { id: '1' })])),
  'bad-mac': connection => connection.end(stanza('stream:error', {}, [stanza('bad-mac')])),
  'xml-not-well-formed': connection =>
    connection.end(stanza('stream:error', {}, [stanza('xml-not-well-formed')])),
  replaced: connection => connection.endWithStreamError(undefined, 'replaced'),
  removed: connection => connection.endWithStreamError('401', 'device_removed'),
  garbage: connection => connection.sendGarbage(),
  split: (connection, { bytes = 5 }) => {
    connection.packetBytes = bytes
  },
  silence: connection => {
    connection.silent = true
  },
  'half-open': connection => connection.goAway(),
  deaf: connection => {
    connection.deaf = true
  },
}

/** The `<stream:error>` for a stanza that a device did not acknowledge in time. */
export function unackedError(kind: string, id: string): BinaryNode {
  return stanza('stream:error', {}, [stanza('ack', { class: kind, id })])
}
