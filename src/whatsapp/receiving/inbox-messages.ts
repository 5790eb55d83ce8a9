import type { WAMessage, WAMessageKey } from '@whiskeysockets/baileys'
import type { Logger } from 'pino'
import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import type { ReceivedContent } from '../../messages/received.ts'
import type { InboxRow } from '../../ports/key-store.ts'
import type { OriginalMessage } from '../../ports/message-table.ts'
import type { Store } from '../../ports/store.ts'
import type { ArrivalTracing, ReceivedMessage } from '../../ports/whatsapp.ts'
import type { WhatsAppConfig } from '../baileys-settings.ts'
import { UNSUPPORTED } from '../content/message-fields.ts'
import { summaryOf } from '../error-summary.ts'
import { isPaired, readCreds } from '../keys/creds.ts'
import { encodedMessageIn, type Me, rebuildMessage } from '../keys/inbox-rows.ts'
import { resentMessagesIn } from './resent-messages.ts'
import { type TranslationContext, toReceivedMessage } from './to-received-message.ts'
import { translationContext } from './translation-context.ts'

/** What receiving needs besides a socket. */
export interface ReceiveDeps {
  store: Store
  config: WhatsAppConfig
  clock: Clock
  logger: Logger
  tracing?: ArrivalTracing
}

/** The messages of a stream that were decrypted before a crash and are not in the log. Rejects when the store cannot be read. */
export async function unfinishedMessages(deps: ReceiveDeps, streamId: string): Promise<ReceivedMessage[]> {
  const rows = await deps.store.keys.unfinished(streamId)
  if (rows.length === 0) return []
  const context = await contextInStore(deps, streamId)
  if (context === null) return []
  const { messages, failed } = await messagesInRows(rows, context, deps, streamId)
  if (failed[0]) throw failed[0].error
  return messages
}

/** How messages of a stream without a socket are read; null if no account is linked. */
export async function contextInStore(
  deps: ReceiveDeps,
  streamId: string,
): Promise<TranslationContext | null> {
  const stored = await readCreds(deps.store.keys, streamId)
  if (stored.found !== 'creds' || !isPaired(stored.creds)) return null
  const me: Me = { id: stored.creds.me!.id, lid: stored.creds.me!.lid ?? null }
  return translationContext(deps, streamId, me)
}

/** Bytes of a message that nobody here can read, at most. */
const MAX_UNREAD = 64 * 1024

/** The encoding of a message, to be kept if it could not be read. */
export function unreadOf({ message }: { message: ReceivedContent }, encoded: Uint8Array | undefined) {
  const keep = message.type === UNSUPPORTED && encoded?.length && encoded.length <= MAX_UNREAD
  return keep ? { unread: encoded } : {}
}

/** What is in some rows. */
export interface RowMessages {
  messages: ReceivedMessage[]
  /** Rows that hold something sealed, and the id of the message under whose secret: it is still to come. */
  waiting: { row: InboxRow; original: string }[]
  /** Rows during which the store could not be read: nothing is known of what they hold. */
  failed: { row: InboxRow; error: GatewayError }[]
}

/**
 * One message per dedupe key, the oldest row first; rows without a message for Laravel give none. `fuller` is what Baileys knows of
 * the same messages; `seen` gets each message, whether it is for Laravel or not.
 */
export async function messagesInRows(
  rows: InboxRow[],
  context: TranslationContext,
  { store, logger }: Pick<ReceiveDeps, 'store' | 'logger'>,
  streamId: string,
  fuller: WAMessage[] = [],
  seen: (message: WAMessage) => Promise<void> | void = () => {},
): Promise<RowMessages> {
  const found = new Map<string, ReceivedMessage>()
  const isKnown = async (keys: string[]) => {
    for (const key of keys) if (await store.messages.hasDedupeKey(streamId, key)) return true
    return false
  }
  const withFound = withOriginals(context, () => [...found.values()])
  let waiting: RowMessages['waiting'] = []
  const failed: RowMessages['failed'] = []
  const read = async (row: InboxRow) => {
    try {
      const { message, offline } = rebuildMessage(row, context.me)
      // What the phone sends again lacks what Baileys knows from the placeholder.
      const resent = resentMessagesIn(message).map(one => ({
        ...one,
        ...fuller.find(isFuller(one.key)),
        message: one.message,
      }))
      for (const { encoded, ...one } of [{ ...message, encoded: encodedMessageIn(row) }, ...resent]) {
        await seen(one)
        const translated = await toReceivedMessage(one, offline, withFound)
        if ('awaits' in translated && translated.awaits) waiting.push({ row, original: translated.awaits })
        if ('ignored' in translated) continue
        const { dedupeKey, formerKeys, noticeOf } = translated
        if (await isKnown([dedupeKey, ...formerKeys, ...(noticeOf ? [noticeOf] : [])])) continue
        if (!found.has(dedupeKey))
          found.set(dedupeKey, { ...translated, ...unreadOf(translated, encoded), inboxHash: row.hash })
      }
    } catch (error) {
      // The translation throws none of its own.
      if (!(error instanceof GatewayError)) {
        logger.error(
          { stream_id: streamId, ...summaryOf(error) },
          'a decrypted stanza cannot be read; it is given up',
        )
        return
      }
      for (const [key, { inboxHash }] of found) if (inboxHash === row.hash) found.delete(key)
      failed.push({ row, error })
      const sentence = 'the store could not be read; a decrypted stanza waits in the inbox'
      logger.error({ stream_id: streamId, ...summaryOf(error) }, sentence)
    }
  }
  for (const row of rows) await read(row)
  // An original may have come after what is about it.
  const early = waiting
  waiting = []
  for (const { row } of early) await read(row)
  const messages = [...found.values()].filter(({ noticeOf }) => !noticeOf || !found.has(noticeOf))
  return { messages, waiting, failed }
}

/** A context that also knows messages on their way into the store. */
export function withOriginals(
  context: TranslationContext,
  arriving: () => ReceivedMessage[],
): TranslationContext {
  const originals = async (id: string): Promise<OriginalMessage[]> => {
    // Before the store is asked: what becomes durable meanwhile is missed by neither.
    const coming = arriving().flatMap(({ message, secret }) =>
      message.message_id === id ? [{ content: message, secret: secret ?? null }] : [],
    )
    return [...coming, ...(await context.originals(id))]
  }
  return { ...context, originals }
}

const isFuller =
  (key: WAMessageKey) =>
  ({ key: other, message }: WAMessage) =>
    other.id === key.id && other.remoteJid === key.remoteJid && message !== null && message !== undefined
