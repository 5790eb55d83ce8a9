import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Device } from './accounts/account.ts'
import type { Connection } from './protocol/connection.ts'
import { stanza } from './protocol/stanza.ts'

export type FaultKind =
  /** A WebSocket close frame. */
  | 'close'
  /** TCP RST. */
  | 'reset'
  | 'xmlstreamend'
  | '515'
  | '503'
  /** `<stream:error>` with the code in `status`. */
  | 'stream-error'
  /** `<stream:error>` without a code: the device did not acknowledge something. */
  | 'unacked'
  /** Others without a code. */
  | 'ping'
  | 'bad-mac'
  | 'xml-not-well-formed'
  /** Somebody else opened the same credentials. */
  | 'replaced'
  /** The phone unlinked it: also when it is offline. */
  | 'removed'
  /** One frame that cannot be decrypted; the socket stays open. */
  | 'garbage'
  /** The socket stays open, and nothing is handled or sent on it. */
  | 'silence'
  /** What the device says is lost on the way; what the server says arrives: a crash before the acknowledgement was written. */
  | 'deaf'
  /** The next logins are answered with `<failure>`. */
  | 'failure'
  /** Open sockets are reset; new ones find no listener, or are cut at login when the fault names a device or an account. */
  | 'refuse'

/** A fault for one device (its jid), for an account (its phone number), or for all when neither is given. */
export type Fault = {
  kind: FaultKind
  device?: string
  account?: string
  /** `silence`, `deaf` and `refuse`: how many milliseconds, else until healed. `failure`: how many logins, else one. */
  for?: number
  /** `stream-error`: the code. `failure`: the reason code, 503 unless given. `refuse`: answer the upgrade with this HTTP status instead of no listener. */
  status?: number
}

type WaitingFault = { fault: Fault; left: number }

/** Faults that wait for the next logins. */
export class LoginFaults {
  #waiting: WaitingFault[] = []

  /** Lets the next `times` logins of the selected devices fail. */
  add(fault: Fault, times: number): void {
    this.#waiting.push({ fault, left: times })
  }

  remove(kind?: FaultKind): void {
    this.#waiting = kind ? this.#waiting.filter(({ fault }) => fault.kind !== kind) : []
  }

  /** Lets a login fail if a fault waits for it; true when it ended there. */
  take(connection: Connection, device: Device): boolean {
    const waiting = this.#waiting.find(({ fault }) => concerns(fault, device))
    if (!waiting) return false
    if (--waiting.left <= 0) this.#waiting = this.#waiting.filter(other => other !== waiting)
    if (waiting.fault.kind === 'failure')
      connection.end(stanza('failure', { reason: waiting.fault.status ?? 503 }))
    else connection.reset()
    return true
  }
}

/** True when a fault means this device. */
export function concerns(fault: Fault, device: Device | undefined): boolean {
  if (fault.device) return device?.jid === fault.device || device?.lidJid === fault.device
  if (fault.account) return device?.account.pn === fault.account
  return true
}

/** What each fault does to an open connection. */
export const ON_CONNECTION: Record<FaultKind, (connection: Connection, fault: Fault) => void> = {
  close: connection => connection.end(),
  reset: connection => connection.reset(),
  refuse: connection => connection.reset(),
  xmlstreamend: connection => connection.end(stanza('xmlstreamend')),
  '515': connection => connection.endWithStreamError('515'),
  '503': connection => connection.endWithStreamError('503'),
  'stream-error': (connection, { status }) => connection.endWithStreamError(String(status)),
  unacked: connection => connection.end(unackedError('notification', 'unknown')),
  ping: connection => connection.end(stanza('stream:error', {}, [stanza('ping', { id: '1' })])),
  'bad-mac': connection => connection.end(stanza('stream:error', {}, [stanza('bad-mac')])),
  'xml-not-well-formed': connection =>
    connection.end(stanza('stream:error', {}, [stanza('xml-not-well-formed')])),
  replaced: connection => connection.endWithStreamError(undefined, 'replaced'),
  removed: connection => connection.endWithStreamError('401', 'device_removed'),
  failure: connection => connection.end(),
  garbage: connection => connection.sendGarbage(),
  deaf: connection => {
    connection.deaf = true
  },
  silence: connection => {
    connection.silent = true
  },
}

/** The `<stream:error>` for a stanza that a device did not acknowledge in time. */
export function unackedError(kind: string, id: string): BinaryNode {
  return stanza('stream:error', {}, [stanza('ack', { class: kind, id })])
}
