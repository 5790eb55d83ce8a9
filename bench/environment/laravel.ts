import { createHash } from 'node:crypto'
import { request } from 'undici'
import { StandInLaravel } from '../../demo/stand-in-laravel.ts'
import { LaravelPosts, type LinkingPost } from '../../harness/laravel-posts.ts'
import { now } from '../../harness/now.ts'

/** A file that came with a message: its hexadecimal SHA-256, or why there is none, and when its last byte came, in ms. */
export type Fetched = { sha256: string; at: number } | { error: string; at: number }

/** The stand-in Laravel of a benchmark: it notes when each message arrived, and what its file is. */
export class Laravel {
  url = ''
  /** When each POST /messages of an id came, in ms. */
  readonly arrivals = new Map<string, number[]>()
  /** By message id; files are fetched as soon as their message has come. */
  readonly files = new Map<string, Fetched>()
  readonly #server = new StandInLaravel()
  readonly #posts = new LaravelPosts()

  async listen(): Promise<void> {
    this.#server.on('request', ({ path, body }) => {
      const at = now()
      this.#server.received.length = 0
      if (path === '/messages') {
        const id = String(body.message_id)
        this.arrivals.set(id, [...(this.arrivals.get(id) ?? []), at])
        const media = body.media as { url: string; error?: string | null } | null | undefined
        if (media) void this.#fetch(id, media)
      }
      this.#posts.arrived(path, body)
    })
    this.url = await this.#server.listen()
  }

  /** Resolves with the body of the next such POST about a session. */
  next(what: LinkingPost, sessionId: string): Promise<Record<string, unknown>> {
    return this.#posts.next(what, sessionId)
  }

  async #fetch(id: string, { url, error }: { url: string; error?: string | null }): Promise<void> {
    const fetched = error ? { error } : await hashOf(url)
    this.files.set(id, { ...fetched, at: now() })
  }

  close(): Promise<void> {
    return this.#server.close()
  }
}

async function hashOf(url: string): Promise<{ sha256: string } | { error: string }> {
  try {
    const { statusCode, body } = await request(url)
    const hash = createHash('sha256')
    for await (const chunk of body) hash.update(chunk)
    return statusCode === 200 ? { sha256: hash.digest('hex') } : { error: `HTTP ${statusCode}` }
  } catch (error) {
    return { error: String(error) }
  }
}
