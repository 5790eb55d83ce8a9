import type { Agent } from 'node:https'
import type { Readable } from 'node:stream'
import { initAuthCreds, type WASocket } from '@whiskeysockets/baileys'
import type { PasskeyVault, QrVault } from '../../ports/qr-vault.ts'
import type { ChatActions, SocketOwner } from '../../ports/whatsapp.ts'
import { AccountEvents } from '../account-events/account-events.ts'
import { commonSettings } from '../baileys-settings.ts'
import { chatNames } from '../disappearing/chat-names.ts'
import { ChatTimers } from '../disappearing/chat-timers.ts'
import { timerOfNewChats } from '../disappearing/timers-in.ts'
import { summaryOf } from '../error-summary.ts'
import { FirstContact } from '../first-contact/first-contact.ts'
import { Groups } from '../groups.ts'
import { Identities } from '../identities/identities.ts'
import { People } from '../identities/people.ts'
import { AuthState } from '../keys/auth-state.ts'
import { type StoredCreds, withoutUnconfirmedMe } from '../keys/creds.ts'
import { DecryptOnce } from '../keys/decrypt-once.ts'
import { SenderKeyMemory } from '../keys/sender-key-memory.ts'
import { TRANSACTIONS } from '../keys/signal-repository.ts'
import { hearNctSalt } from '../patches/nct-salt-action.ts'
import type { StoreReceipt } from '../patches/stanzas/receipt-acks.ts'
import { watchAcks } from '../patches/unacked-sends.ts'
import { PendingRequests } from '../pending-requests.ts'
import type { ReceiveDeps } from '../receiving/inbox-messages.ts'
import { Receiver } from '../receiving/receiver.ts'
import { MessageSender } from '../sending/message-sender.ts'
import { OutgoingPayloads } from '../sending/outgoing-payloads.ts'
import type { SessionCaches } from '../session-caches.ts'
import type { WriteGate } from '../write-gate.ts'
import { AccountPresence, nameOf } from './account-presence.ts'
import { openBaileysSocket, type SocketProblems } from './baileys-socket.ts'
import { createChatActions } from './chat-actions.ts'
import type { OwnerReports } from './owner-reports.ts'

export interface SocketDeps extends ReceiveDeps {
  vault: QrVault
  passkeys: PasskeyVault
  caches: SessionCaches
  /** Bytes of a file in the media store. */
  openFile(id: string): Promise<Readable | null>
  /** For a media host whose certificate nobody signed. */
  uploadAgent: Agent | null
}

/** Credentials that can be used: none, or those that were read. */
export type UsableCreds = Exclude<StoredCreds, { found: 'corrupt' }>

export interface PartsProblems extends SocketProblems {
  /** A write of keys or credentials was refused. */
  storeFailed(error: unknown): void
  /** A send has had neither ack nor receipt for so many ms. */
  unacknowledged(ms: number): void
}

/** What one socket consists of. */
export interface SocketParts {
  auth: AuthState
  baileys: WASocket
  writes: WriteGate
  /** Receipts are acknowledged once this has stored what they say. */
  storeReceiptsBy(store: StoreReceipt): void
  identities: Identities
  receiver: Receiver
  sender: MessageSender
  groups: Groups
  firstContact: FirstContact
  accountEvents: AccountEvents
  timers: ChatTimers
  presence: AccountPresence
  chats: ChatActions
  pending: PendingRequests
}

/** How long an answer of WhatsApp may take, in ms. */
const ANSWER_MS = 15_000

/** Opens a Baileys socket with the credentials, or fresh ones, and puts everything around it that sends, receives and asks. */
export function createSocketParts(
  deps: SocketDeps,
  owner: SocketOwner,
  stored: UsableCreds,
  reports: Pick<OwnerReports, 'messageStatus' | 'log'>,
  problems: PartsProblems,
): SocketParts {
  const { store, clock, config, caches, tracing } = deps
  const from = stored.found === 'creds' ? stored : { creds: initAuthCreds(), generation: -1 }
  const creds = { ...from, creds: withoutUnconfirmedMe(from.creds) }
  const people = new People({
    store,
    streamId: owner.streamId,
    me: () => creds.creds.me,
    now: () => clock.now(),
  })
  const storeFailed = (error: unknown) => problems.storeFailed(error)
  const listeners = { writing: (durable: Promise<void>) => writes.holdUntil(durable), failed: storeFailed }
  const auth = new AuthState(store, caches.keys, owner, creds, listeners, people)
  const decrypting = tracing && ((messageId: string) => tracing.decrypting(owner.streamId, messageId))
  const decryptOnce = new DecryptOnce(auth, () => clock.now(), decrypting)
  const memory = new SenderKeyMemory(auth.keys)
  const common = commonSettings(config)
  const settings = {
    ...common,
    logger: hearNctSalt(common.logger, salt => auth.keepNctSalt(salt)),
    ...(deps.uploadAgent && { fetchAgent: deps.uploadAgent }),
    ...caches.baileys,
    auth: { creds: auth.creds, keys: memory.keys },
    transactionOpts: TRANSACTIONS,
    makeSignalRepository: decryptOnce.makeSignalRepository,
    // Baileys wants these before there is a socket, and asks them when it is open.
    cachedGroupMetadata: (jid: string) => groups.members(jid),
    getMessage: async ({ id }: { id?: string | null }) => (id ? payloads.payloadOf(id) : undefined),
  }
  const { baileys, writes, storeReceiptsBy } = openBaileysSocket(settings, auth.keys, problems)
  const pending = new PendingRequests(clock)
  const groups = new Groups(
    caches.groups,
    jid => pending.run(() => baileys.groupMetadata(jid), ANSWER_MS),
    ({ id, ephemeralDuration }) => void timers.learnGroup(id, ephemeralDuration ?? 0, clock.now()),
  )
  const namesOf = chatNames(store, owner.streamId)
  const timers = new ChatTimers(
    {
      store,
      memory: caches.timers,
      namesOf,
      ofNewChats: () => timerOfNewChats(auth.creds),
      failed: error => problems.storeFailed(error),
    },
    owner,
  )
  const receiver = new Receiver({ deps, owner, auth, decryptOnce, groups, timers, people })
  const accountEvents = new AccountEvents({
    owner,
    store,
    people,
    socket: baileys,
    clock,
    me: () => auth.creds.me,
    groups,
    wanted: config.accountEvents ?? [],
    rejectCalls: config.rejectCalls ?? false,
    storeFailed,
    failed: (error, sentence) => reports.log('warn', summaryOf(error), sentence),
  })
  const firstContact = new FirstContact({
    auth,
    askLid: jid => baileys.signalRepository.lidMapping.getLIDForPN(jid),
    clock,
    failed: (error, sentence) => reports.log('warn', summaryOf(error), sentence),
  })
  const identities = new Identities({
    socket: baileys,
    auth,
    people,
    cache: caches.numbers,
    streamId: owner.streamId,
    failed: storeFailed,
  })
  const payloads = new OutgoingPayloads(
    {
      store,
      openFile: deps.openFile,
      upload: (...args) => baileys.waUploadToServer(...args),
      me: () => auth.creds.me?.id ?? '',
      now: () => clock.now(),
      timers,
      members: jid => groups.members(jid),
      namesOf,
    },
    owner,
  )
  const presence = new AccountPresence(baileys, clock, () => nameOf(auth.creds))
  const sender = new MessageSender({
    socket: baileys,
    devices: caches.baileys.userDevicesCache,
    memory,
    payloads,
    identities,
    firstContact,
    presence,
    isAdminOf: jid => groups.isAdmin(jid, auth.creds.me),
    pending,
    left: () => writes.written(),
    clock,
    onFailedRetry: update => void reports.messageStatus(update),
  })
  watchAcks(baileys, () => sender.silentSince, problems.unacknowledged, { keepAliveMs: config.keepAliveMs })
  const chats = createChatActions(baileys, identities, presence, work => pending.run(work, ANSWER_MS))
  return {
    auth,
    baileys,
    writes,
    storeReceiptsBy,
    identities,
    receiver,
    sender,
    groups,
    firstContact,
    accountEvents,
    timers,
    presence,
    chats,
    pending,
  }
}
