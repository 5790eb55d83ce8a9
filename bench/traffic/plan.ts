/** The same traffic for everybody, whatever the number of sessions; in all sessions together. */
export interface Traffic {
  warmUp: number
  sent: number
  said: number
  saidPerSecond: number
  sentToGroups: number
  /** Of each group, beside the session itself. */
  members: number
  /** Sends and answers take turns so often. */
  turns: number
  /** How long a process settles, and is then watched, with nothing to do, in ms each. */
  idleMs: number
  /** Sends that are promised while WhatsApp is away, after a third as many to warm up. */
  accepted: number
}

/** From here on the targets are those of large machines. */
export const THOUSAND = 1000

export interface Amounts {
  sessions: number
  /** Sent in a round, by each contender; all else is in proportion. */
  texts: number
  /** How long a process settles, and is then watched, with nothing to do, in ms each. */
  idleMs: number
}

/** What a round's traffic is when so many texts are sent. */
export function trafficOf({ sessions, texts, idleMs }: Amounts): Traffic {
  return {
    warmUp: Math.ceil(texts / 2),
    sent: texts,
    said: Math.ceil(texts / 2),
    saidPerSecond: sessions < THOUSAND ? 100 : 50,
    sentToGroups: Math.ceil(texts / 20),
    members: 20,
    turns: 3,
    idleMs,
    accepted: Math.ceil(texts / 2),
  }
}

/** Sessions that write to a group. */
export const GROUPS = 5
