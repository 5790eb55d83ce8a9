/** What each end says about every message. Times in ms since 1970, sessions and contacts by phone number. */

/** A session's number and whom it talks with: one contact, or a group's jid and those in it. */
export interface Conversation {
  session: string
  chat: string
  people: string[]
}

/** A contact said it; `n` counts the texts of the chat from 0. */
export interface Said {
  session: string
  /** The contact, or a group's jid. */
  chat: string
  contact: string
  n: number
  id: string
  text: string
  at: number
}

/** The device told WhatsApp that it has it, or that it never will (`error`). */
export interface Acknowledged {
  session: string
  id: string
  at: number
  error: string | null
}

/** How Laravel treated a POST. */
export type Treatment = 'taken' | 'taken slowly' | 'taken, answer lost' | 'HTTP 500' | 'HTTP 503' | 'reset'

/** One POST /messages, oldest first. */
export interface Post {
  session: string
  id: string
  webhookId: string
  from: string | null
  text: string | null
  at: number
  treatment: Treatment
}

/** A text that Laravel asked the manager to send, in the order of asking in each chat. */
export interface Send {
  session: string
  /** A contact's number, or a group's jid. */
  chat: string
  /** Whom it must reach. */
  readers: string[]
  key: string
  text: string
  at: number
  /** Requests it took, all with the same key. */
  requests: number
  /** `asked`: no answer yet. */
  outcome: 'sent' | 'queued' | 'unknown' | 'refused' | 'asked'
  /** The message id that was promised; null before. */
  id: string | null
  /** Place among all answers; -1 before. */
  answered: number
}

/** A text that a contact decrypted, oldest first. */
export interface Arrived {
  contact: string
  session: string
  id: string
  text: string
  at: number
}

export interface ProcessRun {
  round: number
  /** When it was started. */
  from: number
  /** When it had ended. */
  to: number
  /** How it ended, for people. */
  end: string
}

export interface Records {
  said: Said[]
  acknowledged: Acknowledged[]
  posts: Post[]
  sends: Send[]
  arrived: Arrived[]
  processRuns: ProcessRun[]
  /** Stanzas that WhatsApp still keeps for the devices. */
  pending: number
  /** QRs that WhatsApp handed out after the linking. */
  qrs: number
  /** In words: what went wrong beside the messages. */
  troubles: string[]
  /** Ids of messages that a fault made unreadable or had refused at first, either way: they may be overtaken. */
  late: string[]
  /** Why contacts could not decrypt, each reason once. */
  reasons: string[]
  /** A contact could not decrypt a send and asked for it again; `struck`: faults of WhatsApp were at work, which is one reason to. */
  askedAgain: number
  struck: boolean
}

export const isTaken = ({ treatment }: Post): boolean => treatment.startsWith('taken')
