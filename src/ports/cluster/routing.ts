/** Where a request is answered; null: here. */
export type Place = { url: string } | null

/** Where requests about sessions are answered, among nodes that share a database. */
export interface Routing {
  /** What nodes show each other. */
  readonly token: string
  /** Whether the session lives here now, or stands still here. */
  isHere(sessionId: string): boolean
  /**
   * Where it lives; one that nobody has is taken up here. Rejects with NOT_READY while it is on its way from one node to another, and if
   * nobody has room for it.
   */
  placeOf(sessionId: string): Promise<Place | 'nowhere'>
  /** Where a new session can begin. Throws NOT_READY if no node has room for one. */
  placeForNew(): Place
}
