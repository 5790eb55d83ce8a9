import type { ReceivedContent } from '../../messages/received.ts'
import type { MessageStatus } from '../../messages/status.ts'
import type { LaravelCause } from '../laravel.ts'

/** Facts that moved the machine, or those of messages and calls, which never do. */
export const FACT_KINDS = ['all', 'lifecycle', 'messages'] as const
export type FactKind = (typeof FACT_KINDS)[number]

/** A session looked at afterwards: its log, the machine at any fact, its chats. Each read is bounded by its page; unknown sessions are refused with SESSION_NOT_FOUND. */
export interface History {
  /** Newest first, before the seq `before` (null: the newest). `next` begins the page before, null: there is none. `lastSeq` is the newest of all. */
  facts(
    sessionId: string,
    page: Page & { kind: FactKind },
  ): Promise<FactPage & { next: number | null; lastSeq: number }>
  /** What came after the seq `after`, newest first, the newest `limit` of it; `next`, if not null, begins what is left out between. */
  since(
    sessionId: string,
    after: number,
    limit: number,
    kind: FactKind,
  ): Promise<FactPage & { next: number | null }>
  /** The machine after the fact `seq`. Rejects with EVENT_NOT_FOUND, SESSION_UNREADABLE. */
  moment(sessionId: string, seq: number): Promise<Moment>
  /** Chats by their newest message, newest first; `next` begins the next page. */
  chats(sessionId: string, page: Page): Promise<{ chats: ChatOverview[]; next: number | null }>
  /** Messages of a chat, newest first, under any of the names of who it is with. */
  chat(
    sessionId: string,
    chatId: string,
    page: Page,
  ): Promise<{ chat: ChatNames; messages: PastMessage[]; next: number | null }>
}

/** `before` is an exclusive seq. */
export interface Page {
  before: number | null
  limit: number
}

/** Facts, and how those are called whom they name by `chatId` or `jid`, as far as that is known. */
export interface FactPage {
  facts: PastFact[]
  names: ReadonlyMap<string, ChatNames>
}

/** A fact with the way of the machine: `from` and `state` are dotted; `state` is null for what never enters it, `from` for the first. */
export interface PastFact {
  seq: number
  at: number
  type: string
  data: Record<string, unknown>
  from: string | null
  state: string | null
}

export interface Moment {
  /** The fact that was asked for. */
  asked: number
  lastSeq: number
  /** The newest one up to it that moved the machine. */
  fact: PastFact & { state: string }
  context: Record<string, unknown>
  /** Null: there was none before. */
  contextBefore: Record<string, unknown> | null
  /** The events that were possible then. */
  can: string[]
  /** The seqs of the neighbours that moved the machine. */
  previous: number | null
  next: number | null
}

/** How a chat is called: what is known of whom it is with. */
export interface ChatNames {
  chatId: string
  isGroup: boolean
  /** A group's subject, or the name that the other one writes under; of the newest message that says it. */
  name: string | null
  /** Digits. */
  phone: string | null
  username: string | null
}

export interface ChatOverview extends ChatNames {
  newest: PastMessage
}

/**
 * What Laravel has of a received message: it waits, it was given up, Laravel took it, or nothing waits and nobody knows any more whether
 * it did. `at`: when it took it, as far as this process remembers; `cause`: what the error means, if that is known.
 */
export type LaravelWay =
  | { state: 'waiting'; attempts: number; nextAt: number; error: string | null; cause: LaravelCause | null }
  | { state: 'dead'; attempts: number; error: string | null; cause: LaravelCause | null }
  | { state: 'taken'; at: number | null }
  | { state: 'settled' }

/** A message with its way. Times are milliseconds since the epoch. */
export interface PastMessage {
  seq: number
  direction: 'in' | 'out'
  /** When it was stored: when it was received, or accepted for sending. */
  at: number
  message: ReceivedContent
  status: MessageStatus
  error: string | null
  attempts: number
  /** Oldest first. */
  history: { status: MessageStatus; at: number; error?: string }[]
  /** Null for what is sent, and for what Laravel was never to get. */
  laravel: LaravelWay | null
}
