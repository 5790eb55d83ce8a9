/** What the manager does for one message, counted and not timed. */
export interface MessageCounts {
  /** Messages to the store's thread, and the bytes in them. */
  posts: number
  postedBytes: number
  /** Transactions of the store, and rows that were written or deleted in them. */
  commits: number
  rows: number
  /** Frames to WhatsApp; queries among them. */
  frames: number
  queries: number
  /** Buffers of more than 64 KB. */
  largeBuffers: number
  /** Requests to Laravel. */
  posted: number
}

/** Which counts are over their limits, a sentence each. */
export function overLimit(kind: string, counts: MessageCounts, limits: MessageCounts): string[] {
  return Object.entries(limits).flatMap(([name, limit]) => {
    const count = counts[name as keyof MessageCounts]
    return count > limit ? [`${kind}: ${count.toFixed(2)} ${name} each, at most ${limit} are allowed`] : []
  })
}
