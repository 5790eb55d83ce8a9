import type { proto } from '@whiskeysockets/baileys'

/** A chat as a phone remembers it from before a device was linked. */
export type Conversation = {
  /** Phone number of the other party, or jid of a group. */
  with: string
  /** Oldest first. */
  messages: HistoryMessage[]
  unread?: number
}

export type HistoryMessage = {
  content: string | proto.IMessage
  /** Phone number of who said it: the other party unless given. */
  from?: string
  /** Random unless given. */
  id?: string
  /** Milliseconds since 1970; now unless given. */
  at?: number
}

/** With an id and a time for each message, so that every device gets the same ones. */
export type DatedConversation = Conversation & { messages: (HistoryMessage & { id: string; at: number })[] }
