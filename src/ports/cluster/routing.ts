/** Where a request is answered; null: here. */
export type Place = { node: string; url: string } | null

/**
 * Nobody answers for a session now. `free`: no node has it under a valid lease, and here is no room. `moving`: whoever has it now takes
 * it up, or gives it up.
 */
export type Nobody = { why: 'free' | 'moving' }

/** Where requests about sessions are answered, among nodes that share a database. */
export interface Routing {
  /** What a node shows another one that it asks. */
  readonly token: string
  /** What that one shows with its answer. */
  readonly proof: string
  /** Whether the session lives here now, or stands still here. */
  isHere(sessionId: string): boolean
  /** Where it lives; one that nobody has is taken up here if there is room. `nowhere`: there is no such session. */
  placeOf(sessionId: string): Promise<Place | Nobody | 'nowhere'>
  /** Where a new session can begin. Throws NOT_READY if no node has room for one. */
  placeForNew(): Place
}
