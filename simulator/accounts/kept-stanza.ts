import type { BinaryNode } from '@whiskeysockets/baileys'
import type { Connection } from '../protocol/connection.ts'

/** What a device still has to say about a stanza: an ack, a receipt, or a receipt of that type. */
export type Owed = 'ack' | 'receipt' | 'sender' | 'peer_msg' | 'hist_sync' | 'offer'

/** One stanza kept for a device until the device acknowledged it as it must. */
export type KeptStanza = {
  kind: 'message' | 'receipt' | 'notification' | 'call' | 'status'
  id: string
  /** Phone number of the account it came from, or jid of the newsletter. */
  from: string
  /** The jid of the group it was said in. */
  group?: string
  node: BinaryNode
  /** Phone-to-own-device messages go out after the offline marker, never as offline ones. */
  peer: boolean
  /** What the device still has to say about it. */
  owed: Set<Owed>
  /** It was written before, and comes a second time by mistake. */
  isCopy?: true
  /** The device asked for it again. */
  retried: boolean
  /** How often it was written to a socket; the last time: to which, and when. */
  sends: number
  connection?: Connection
  at?: number
}
