import type { WAMessage } from '@whiskeysockets/baileys'
import { isUnanswered } from '../../base/errors.ts'
import type { InboxRow } from '../../ports/key-store.ts'
import type { ReceivedMessage, SocketOwner } from '../../ports/whatsapp.ts'
import type { ChatTimers } from '../disappearing/chat-timers.ts'
import { timerIn } from '../disappearing/timers-in.ts'
import { summaryOf } from '../error-summary.ts'
import { accountJid } from '../jid.ts'
import type { AuthState } from '../keys/auth-state.ts'
import { AwaitedOriginals } from './awaited-originals.ts'
import { messagesInRows, type ReceiveDeps, withOriginals } from './inbox-messages.ts'
import { MissingMessages } from './missing-messages.ts'
import { type TranslatedMessage, type TranslationContext, toReceivedMessage } from './to-received-message.ts'
import { translationContext } from './translation-context.ts'

export interface ReaderParts {
  deps: ReceiveDeps
  owner: SocketOwner
  auth: Pick<AuthState, 'creds'>
  groups: { subjectOf(jid: string): string | null }
  timers: Pick<ChatTimers, 'of' | 'learn'>
}

/** Reads what one socket received, with what the store and the messages beside it know. */
export class MessageReader {
  /** Messages of which only placeholders came, and sealed ones whose originals are still to come. */
  readonly missing = new MissingMessages()
  readonly awaited = new AwaitedOriginals()
  /** What is being handed over: what is about it may be here before it is in the store. */
  readonly arriving = new Set<ReceivedMessage[]>()
  readonly #parts: ReaderParts

  constructor(parts: ReaderParts) {
    this.#parts = parts
  }

  /**
   * The messages in some rows and the hashes of the rows without any; `fuller` is what Baileys knows of the same messages, `before`
   * what is handed over before them.
   */
  async sortRows(
    rows: InboxRow[],
    fuller: WAMessage[] = [],
    before: ReceivedMessage[] = [],
  ): Promise<{ messages: ReceivedMessage[]; done: string[] }> {
    if (rows.length === 0) return { messages: [], done: [] }
    const { deps, owner } = this.#parts
    const context = this.context(before)
    const { messages, waiting, failed } = await messagesInRows(
      rows,
      context,
      deps,
      owner.streamId,
      fuller,
      one => this.#learnTimer(one),
    )
    // What comes behind it must not overtake it.
    const unanswered = failed.find(({ error }) => isUnanswered(error))
    if (unanswered) throw unanswered.error
    const wanted = new Set([
      ...messages.map(message => message.inboxHash),
      ...[...waiting, ...failed].map(({ row }) => row.hash),
    ])
    const done: string[] = []
    for (const row of rows) {
      if (wanted.has(row.hash)) continue
      if (!(await this.missing.isMissing(row, context, key => this.isKnown(key)))) done.push(row.hash)
    }
    return { messages, done: [...done, ...this.awaited.wait(waiting)] }
  }

  /**
   * Null for what cannot be read: it ends no socket, and its rows wait for the next one. `before` is what is handed over before it.
   * Rejects when a server of the store does not answer.
   */
  async translate(
    message: WAMessage,
    offline: boolean,
    before: ReceivedMessage[],
  ): Promise<TranslatedMessage | null> {
    try {
      await this.#learnTimer(message)
      return await toReceivedMessage(message, offline, this.context(before))
    } catch (error) {
      if (isUnanswered(error)) throw error
      const { deps, owner } = this.#parts
      deps.logger.error(
        { session_id: owner.sessionId, ...summaryOf(error) },
        'a message cannot be read; it waits in the inbox',
      )
      return null
    }
  }

  async #learnTimer(message: WAMessage): Promise<void> {
    const { timers } = this.#parts
    const chat = accountJid(message.key.remoteJid)
    const timer = chat && (await timerIn(message, chat, () => timers.of(chat)))
    if (timer) await timers.learn([timer])
  }

  /** Whether the log has a message of this key. */
  async isKnown(dedupeKey: string): Promise<boolean> {
    const { deps, owner } = this.#parts
    return deps.store.messages.hasDedupeKey(owner.streamId, dedupeKey)
  }

  /** `arriving` is what will be handed over next. */
  context(arriving: ReceivedMessage[] = []): TranslationContext {
    const { deps, owner, auth, groups } = this.#parts
    const { me } = auth.creds
    const own = { id: me?.id ?? '', lid: me?.lid ?? null }
    const context = translationContext(deps, owner.streamId, own)
    const known = { ...context, subjectOf: (jid: string) => groups.subjectOf(jid) }
    return withOriginals(known, () => [...this.arriving].flat().concat(arriving))
  }
}
