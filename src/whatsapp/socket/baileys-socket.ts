import {
  makeWASocket,
  type SignalKeyStore,
  type UserFacingSocketConfig,
  type WASocket,
} from '@whiskeysockets/baileys'
import { silenceBarePresence } from '../patches/bare-presence.ts'
import { reserveNothing } from '../patches/bounded-caches.ts'
import { cleanDirtyAccount } from '../patches/dirty-account.ts'
import { ignoreEarlySuccess } from '../patches/early-success.ts'
import { flushBufferAtEnd } from '../patches/event-buffer/dropped.ts'
import { freeStuckBuffer } from '../patches/event-buffer/stuck.ts'
import { limitLogin, withoutFrameTimeouts } from '../patches/frame-timeouts.ts'
import { storePreKeysFirst } from '../patches/keys/pre-keys-in-retries.ts'
import { captureListenerRejections, type RejectionHandlers } from '../patches/listener-rejections.ts'
import { mendPrivacyTokens } from '../patches/privacy-tokens.ts'
import { answerRefusedPairing } from '../patches/refused-pairing.ts'
import { watchRefusedUpgrade } from '../patches/refused-upgrade.ts'
import { nameCallAcks } from '../patches/stanzas/call-acks.ts'
import { takeIgnored } from '../patches/stanzas/ignored-chats.ts'
import { askForBatches } from '../patches/stanzas/offline-batches.ts'
import { mendOwnMessages } from '../patches/stanzas/own-messages.ts'
import { type StoreReceipt, storeReceipts } from '../patches/stanzas/receipt-acks.ts'
import { limitRequests, withAllAnswers } from '../patches/stanzas/retry-answers.ts'
import { syncAllCollections } from '../patches/stanzas/server-sync.ts'
import { ackStatuses } from '../patches/stanzas/status-acks.ts'
import { ackWhileUnlinked } from '../patches/stanzas/unlinked-acks.ts'
import { ackViewOnce } from '../patches/stanzas/view-once-acks.ts'
import { limitClosing } from '../patches/unanswered-close.ts'
import { watchAnswers } from '../patches/unanswered-queries.ts'
import { rawWebSocket } from '../raw-websocket.ts'
import { WriteGate } from '../write-gate.ts'

export interface SocketProblems extends RejectionHandlers {
  /** The upgrade to a WebSocket was answered with an HTTP status. */
  upgradeRefused(status: number): void
  /** Nothing that WhatsApp was asked was answered for so many ms. */
  unanswered(ms: number): void
  /** Messages were held back for seconds, and are not any more. */
  bufferFreed(): void
  /** What the phone said at the end of pairing cannot be accepted; the server was told so. */
  pairingRefused(code: number, text: string): void
}

/** Opens a socket of Baileys whose defects are mended; `stored` is the key store under its transactions. */
export function openBaileysSocket(
  config: UserFacingSocketConfig,
  stored: SignalKeyStore,
  problems: SocketProblems,
): { baileys: WASocket; writes: WriteGate; storeReceiptsBy: (store: StoreReceipt) => void } {
  const baileys = captureListenerRejections(
    () => makeWASocket(withoutFrameTimeouts(withAllAnswers(config))),
    problems,
  )
  const storeReceiptsBy = storeReceipts(baileys)
  const websocket = rawWebSocket(baileys)
  limitLogin(baileys)
  limitRequests(baileys)
  reserveNothing(baileys)
  watchRefusedUpgrade(baileys, problems.upgradeRefused)
  watchAnswers(baileys, problems.unanswered, { keepAliveMs: config.keepAliveIntervalMs })
  freeStuckBuffer(baileys, problems.bufferFreed)
  limitClosing(websocket)
  storePreKeysFirst(baileys, stored)
  mendPrivacyTokens(baileys, stored)
  nameCallAcks(baileys)
  silenceBarePresence(baileys)
  cleanDirtyAccount(baileys)
  ackWhileUnlinked(baileys)
  answerRefusedPairing(baileys, problems.pairingRefused)
  ignoreEarlySuccess(baileys)
  mendStanzas(baileys, config)
  flushBufferAtEnd(baileys)
  return { baileys, writes: new WriteGate(websocket), storeReceiptsBy }
}

/** What Baileys does with stanzas that come: acknowledged, asked for and read as WhatsApp Web does. */
function mendStanzas(baileys: WASocket, { shouldIgnoreJid }: UserFacingSocketConfig): void {
  takeIgnored(baileys, jid => shouldIgnoreJid?.(jid) === true)
  mendOwnMessages(baileys)
  ackViewOnce(baileys)
  ackStatuses(baileys)
  askForBatches(baileys)
  syncAllCollections(baileys)
}
