import { now } from '../harness/now.ts'
import { StandInLaravel } from '../src/demo/stand-in.ts'

/** The stand-in Laravel of a run, with a watch: who waits for a QR, and when each message arrived. */
export class Laravel {
  url = ''
  /** When each POST /messages of an id came, in ms. */
  readonly arrivals = new Map<string, number[]>()
  readonly #server = new StandInLaravel()
  readonly #waiting = new Map<string, (body: Record<string, unknown>) => void>()

  async listen(): Promise<void> {
    this.#server.on('request', ({ path, body }) => {
      const at = now()
      this.#server.received.length = 0
      if (path === '/messages') {
        const id = String(body.message_id)
        this.arrivals.set(id, [...(this.arrivals.get(id) ?? []), at])
      }
      const what = path === '/whatsapp/status' ? `${path} ${body.estado_qr}` : path
      this.#waiting.get(`${what} ${body.session_id}`)?.(body)
    })
    this.url = await this.#server.listen()
  }

  /** Resolves with the body of the next POST about a session: `/qr`, or `/whatsapp/status active`. */
  next(what: '/qr' | '/whatsapp/status active', sessionId: string): Promise<Record<string, unknown>> {
    const key = `${what} ${sessionId}`
    return new Promise(resolve => {
      this.#waiting.set(key, body => {
        this.#waiting.delete(key)
        resolve(body)
      })
    })
  }

  close(): Promise<void> {
    return this.#server.close()
  }
}
