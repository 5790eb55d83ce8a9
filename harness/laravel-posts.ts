/** What linking a session waits for at Laravel. */
export type LinkingPost = '/qr' | '/whatsapp/status active'

type Json = Record<string, unknown>

/** Who waits for which POST at a stand-in Laravel. */
export class LaravelPosts {
  readonly #waiting = new Map<string, (body: Json) => void>()

  /** Resolves with the body of the next such POST about a session. */
  next(what: LinkingPost, sessionId: string): Promise<Json> {
    return new Promise(resolve => {
      this.#waiting.set(`${what} ${sessionId}`, resolve)
    })
  }

  /** Tells who waits for it that a POST came. */
  arrived(path: string, body: Json): void {
    const what = path === '/whatsapp/status' ? `${path} ${body.estado_qr}` : path
    const key = `${what} ${body.session_id}`
    this.#waiting.get(key)?.(body)
    this.#waiting.delete(key)
  }
}
