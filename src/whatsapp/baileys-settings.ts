import { DEFAULT_CONNECTION_CONFIG, type UserFacingSocketConfig } from '@whiskeysockets/baileys'
import type { AccountEventType } from '../messages/account-event.ts'
import type { RawKind } from './content/raw-message.ts'
import { isNewsletter, isStatus } from './jid.ts'

/** Nothing of the history; what names its messages; all of it. */
export type HistoryKind = 'none' | 'ids' | 'full'

/** What the composition root decides about WhatsApp. */
export interface WhatsAppConfig {
  /** `ws:` or `wss:` address of a server other than WhatsApp's. */
  url?: string | undefined
  /** Hex of that server's Noise root key, for the whole process. */
  rootKey?: string | undefined
  version?: [number, number, number] | undefined
  /** Life of every QR in ms; WhatsApp's own clients give the first 60 s, the others 20 s. */
  qrTimeoutMs?: number | undefined
  keepAliveMs?: number | undefined
  /** What Laravel is told beside messages. */
  accountEvents?: readonly AccountEventType[]
  /** Every call is refused as soon as it rings. */
  rejectCalls?: boolean
  inboundFromMe: boolean
  inboundIgnore: readonly ('status' | 'newsletter')[]
  /** What is handed over of the phone's history: all of it unless given. */
  history?: HistoryKind
  /** History that is older than this is not, in ms; null: there is no such age. */
  historyMaxAgeMs?: number | null
  /** Which messages are told with all that was decoded; none unless given. */
  inboundRaw?: RawKind
}

/** Baileys logs keys and whole messages; what matters of it reaches the log as facts of ours. */
const SILENT: NonNullable<UserFacingSocketConfig['logger']> = {
  level: 'silent',
  child: () => SILENT,
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
}

/** Chats whose messages are acknowledged and dropped. */
export function ignoredChats({ inboundIgnore }: WhatsAppConfig): (jid: string) => boolean {
  const ignoreStatus = inboundIgnore.includes('status')
  const ignoreNewsletters = inboundIgnore.includes('newsletter')
  return jid => (ignoreStatus && isStatus(jid)) || (ignoreNewsletters && isNewsletter(jid))
}

/** The part of Baileys' configuration that is the same for every session. */
export function commonSettings(
  config: WhatsAppConfig,
): Omit<UserFacingSocketConfig, 'auth'> & { logger: typeof SILENT } {
  const { url, version, qrTimeoutMs, keepAliveMs } = config
  return {
    logger: SILENT,
    // Pinned: asking the network for the newest version lets a stranger choose what we speak.
    version: version ?? DEFAULT_CONNECTION_CONFIG.version,
    ...(url !== undefined && { waWebSocketUrl: url }),
    ...(qrTimeoutMs !== undefined && { qrTimeout: qrTimeoutMs }),
    ...(keepAliveMs !== undefined && { keepAliveIntervalMs: keepAliveMs }),
    syncFullHistory: false,
    // An online companion silences the notifications of the phone.
    markOnlineOnConnect: false,
    // What cannot be read holds a mutex of the whole socket until then: whoever sends much of it would hold up every chat.
    retryRequestDelayMs: 0,
    emitOwnEvents: false,
    shouldIgnoreJid: ignoredChats(config),
  }
}
