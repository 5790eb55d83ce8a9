import type { EstadoQr } from '../../machines/facts.ts'
import type { ChatTimer } from '../messages/chat-timer.ts'
import type { MediaSource } from '../messages/message-ref.ts'
import type { Metadata } from '../messages/metadata.ts'
import type { Person } from '../messages/person.ts'
import type { AccountEventTable, NewAccountEvent } from './account-event-table.ts'
import type { Mailbox } from './cluster/mailbox.ts'
import type { UpkeepTable } from './cluster/upkeep.ts'
import type { LoginTables } from './dashboard/logins.ts'
import type { DeliveryTable, NewDelivery } from './delivery-table.ts'
import type { DownloadTable } from './download-table.ts'
import type { CommittedFacts, EventLog, NewEvent } from './event-log.ts'
import type { InboxWrite, KeyStore, KeyWrite } from './key-store.ts'
import type { MediaTable } from './media/media-store.ts'
import type {
  ChatTable,
  ChatTimerTable,
  IdempotencyRow,
  MessageTable,
  MessageWrite,
} from './message-table.ts'
import type { OwnPeople } from './people-table.ts'
import type { SessionTable } from './session-table.ts'

/**
 * Everything that is kept: one durable commit, reads of what is committed. A write's promise resolves only after its commit.
 * Writes of one stream commit in the order in which they were handed over; one that fails takes those behind it along.
 */
export interface Store {
  /** Made with the store and the same for its whole life: what other systems keep for it stands under this name. */
  readonly id: string
  commit(write: Write): Promise<void>
  /** Makes the caller the stream's owner; resolves with the new epoch. */
  claim(streamId: string): Promise<number>
  /** Another process may have owned the stream since: what this one remembers of it is read anew. A claim does it by itself. */
  forget(streamId: string): void
  /**
   * Erases the words of at most `limit` messages and the names in as many events of accounts from before `before`, oldest first, and
   * resolves with their number; those that wait for Laravel or for WhatsApp keep theirs.
   */
  eraseBodies(before: number, limit: number): Promise<number>
  /**
   * Erases at most `limit` rows of deleted sessions, and resolves with their number; less than `limit`: nothing of them is left. A
   * deletion commits what makes the session gone; of a large one the rest goes this way, also after a crash.
   */
  eraseDeleted(limit: number): Promise<number>
  /** One step of removing what is too old to be kept; what waits for Laravel or WhatsApp stays, and what the session itself went through. */
  prune(request: PruneRequest): Promise<PruneStep>
  readonly sessions: SessionTable
  readonly log: EventLog
  readonly committed: CommittedFacts
  readonly keys: KeyStore
  readonly messages: MessageTable
  readonly deliveries: DeliveryTable
  readonly downloads: DownloadTable
  readonly media: MediaTable
  readonly people: OwnPeople
  readonly chats: ChatTable
  readonly chatTimers: ChatTimerTable
  readonly accountEvents: AccountEventTable
  /** Waits for what is being committed, then frees the files and the lock. */
  close(): Promise<void>
}

/** What a store whose server several nodes share has beside it. */
export interface StoreServer {
  /** 32 bytes, the same for all nodes, which sign the links of media. */
  readonly linkKey: Uint8Array
  /** Rejects with STORE_FAILED while the server does not answer, or takes no writes. */
  probe(): Promise<void>
  readonly mailbox: Mailbox
  /** At the page, of all nodes. */
  readonly logins: LoginTables
  readonly upkeep: UpkeepTable
}

/** Where a step of pruning begins, or the next one has to: both 0 at first. */
export interface PruneCursor {
  session: number
  seq: number
}

export interface PruneRequest {
  /** Facts of messages, and whole messages, from before these times (ms) go; null: none. */
  factsBefore: number | null
  messagesBefore: number | null
  from: PruneCursor
  /** Rows looked at, at most. */
  limit: number
}

export interface PruneStep {
  facts: number
  messages: number
  /** Null: all sessions were looked at. */
  next: PruneCursor | null
}

/** Everything that one commit changes in one stream, all or nothing. */
export interface Write {
  streamId: string
  /** Must equal the stream's epoch, or the commit is refused with EPOCH_CONFLICT. */
  epoch: number
  /** Nobody waits for it, or its stream's next write comes at once: it may wait up to 100 ms for the next write of its stream, to share a commit with it. */
  lazy?: boolean
  /** Present on a stream's first write only; its events start at seq 1. Refused with SEQ_CONFLICT if the session id is alive. */
  create?: {
    sessionId: string
    userId: string | number
    at: number
    /** The node whose session it is, where several share the store. */
    owner?: string
  }
  /** The session's from now on, until it is deleted. */
  metadata?: Metadata
  /** Consecutive; the first `seq` must be the stream's last + 1, or the commit is refused with SEQ_CONFLICT. */
  events?: NewEvent[]
  /** The last message in or accepted send. */
  lastActivity?: number
  /** The estado_qr last put into a delivery, or deliberately not told. */
  announced?: EstadoQr
  /** The top-level state under which the session is listed until its next lifecycle fact. */
  listedAs?: string
  /** Why the session cannot be run, in a sentence: so it is shown until its next fact. */
  standsStill?: string
  keys?: KeyWrite[]
  inbox?: InboxWrite[]
  messages?: MessageWrite[]
  /** Each as it is from now on; whoever loses a name to another stands here, too. */
  people?: Person[]
  /** By the jid of the chat; what is older than what is known changes nothing. */
  chatTimers?: (ChatTimer & { chat: string })[]
  /** Files of received messages, by the seq of their message. */
  downloads?: { seq: number; source: MediaSource; at: number }[]
  /** Calls, and changes of groups and contacts. */
  accountEvents?: NewAccountEvent[]
  /** The names that people write under from now on. */
  contactNames?: { jid: string; name: string }[]
  /**
   * Kept for 72 h; one key stands for one send. Where another process gave the key to a send meanwhile, as one without an owner of the session
   * does, the commit is refused with IDEMPOTENCY_IN_FLIGHT.
   */
  idempotency?: IdempotencyRow
  /** A `status` delivery replaces pending and dead ones of its lane. A dead delivery that is written again lives again. */
  deliveries?: NewDelivery[]
  /** `keys`: credentials, Signal keys and inbox. `stream`: those, messages, events of the account, their deliveries and facts' data; the events of this write stay as the tombstone and the session id is free again. A small session is erased whole by this commit, a large one further by `eraseDeleted`; nothing of it is told or found meanwhile. */
  erase?: 'keys' | 'stream'
}
