import type { proto } from '@whiskeysockets/baileys'
import type { Account, Addressing, Device } from '../accounts/account.ts'
import type { ViewOnce } from '../content/view-once.ts'
import type { Group } from '../groups/group.ts'
import type { Presence } from './presence.ts'
import { RecentMap } from './recent-map.ts'
import { SenderKeyHolders } from './sender-key-holders.ts'

/** A message as a phone decrypted it. */
export type InboxMessage = {
  id: string
  /** Phone number of the sender. */
  from: string
  /** The sending device's jid. */
  device: string
  /** The group's jid; null in a direct chat. */
  group: string | null
  /** Conversation, extended text or caption; empty for anything else. */
  text: string
  /** Milliseconds since 1970. */
  at: number
  message: proto.IMessage
}

/** What an own linked device sent: `from` is the account itself, `to` the other party. */
export type CopiedMessage = InboxMessage & { to: string }

/** A receipt that a device sent; `type` is `delivery` when the receipt has none. */
export type ReceivedReceipt = { id: string; type: string; device: string; at: number }

/** What a contact sent, kept so that it can be sent again to a device that could not decrypt it. */
export type SentMessage = {
  message: proto.IMessage
  /** Its encoding, when there is more in it than Baileys' protobuf knows. */
  raw?: Uint8Array
  /** `<meta>` of its stanza, and another `type` than its content has. */
  meta?: Record<string, string>
  stanzaType?: string
  /** Phone number of the other party, or jid of the group. */
  to: string
  addressing: Addressing
  /** Milliseconds since 1970. */
  at: number
  /** The chat's address in a copy for the own linked devices. */
  recipient?: string
  group?: Group
  /** It arrives without content, as something linked devices cannot have from the sender: `type` of `<unavailable>`, or true for none. */
  unavailable?: true | string
  /** It goes to those who see the author's statuses, not into a chat. */
  status?: true
  /** Its stanza names people by the address that is used, and by no other. */
  anonymous?: true
  /** It may be seen once: what linked devices get of it. */
  viewOnce?: ViewOnce
}

/** Who this phone is to the sender of a message: the address that was used, in a group the group and the member. */
export type Addressee = { from: string; participant?: string }

/** Where a message came from, to which its receipts go. */
export type MessageOrigin = {
  device: Device
  addressee: Addressee
  group: Group | undefined
  delivered: boolean
}

const REMEMBERED = 5_000

/** What one phone and its owner know: data alone, the files beside this one act on it. */
export class ContactState {
  readonly account: Account
  /** Every message it decrypted, oldest first. A resend under the same id is a second entry. */
  readonly inbox: InboxMessage[] = []
  /** What its own linked devices sent, as the phone's copies say. */
  readonly copies: CopiedMessage[] = []
  /** Receipts that devices sent for its messages. A real phone never learns of `read-self`. */
  readonly receipts: ReceivedReceipt[] = []
  /** What it saw of accounts, oldest first. */
  readonly presences: Presence[] = []
  /** What it sent, by id. */
  readonly sent = new RecentMap<SentMessage>(REMEMBERED)
  /** Where its messages came from, by id. */
  readonly origins = new RecentMap<MessageOrigin>(REMEMBERED)
  /** How often it asked for a message again, by id. */
  readonly retries = new RecentMap<number>(REMEMBERED)
  readonly senderKeys = new SenderKeyHolders()
  /** Sends a read receipt for each message, one more delay after the delivery receipt. */
  autoRead = false
  /** Sends a delivery receipt for each message. */
  autoDelivered = true
  /** How many inbox messages `next` has returned. */
  returned = 0

  constructor(account: Account) {
    this.account = account
  }
}
