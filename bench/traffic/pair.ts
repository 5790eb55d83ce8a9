/** Who talks with whom: a number with a linked device, and its one contact. */
export interface Pair {
  number: string
  contact: string
  /** The jid that the number writes to: the contact's LID, or its number. */
  address: string
  /** Whether the contact writes to the number's LID. */
  byLid: boolean
}

/** A number and the group that it writes to. */
export interface Membership {
  number: string
  /** `…@g.us` */
  group: string
}
