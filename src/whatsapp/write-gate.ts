import type { WebSocket } from 'ws'

type Send = (data: Uint8Array, done: (error?: Error) => void) => void
/** A frame, what those behind it wait for, or who waits until all before has left. */
type InLine = { frame: Uint8Array } | { isDurable: boolean } | { left: (error?: Error) => void }

/**
 * Holds back what Baileys writes until something is durable, an acknowledgement above all. Frames leave in the order in which
 * they were written: each is encrypted under the next counter.
 */
export class WriteGate {
  readonly #websocket: Pick<WebSocket, 'terminate'>
  readonly #send: Send
  #line: InLine[] = []
  #failure: Error | null = null

  constructor(websocket: WebSocket) {
    const writer = websocket as unknown as { send: Send }
    this.#websocket = websocket
    this.#send = writer.send.bind(websocket)
    writer.send = (...frame) => this.#write(frame)
  }

  /**
   * Keeps what is written from now on until `durable`, and all that is held for already, resolves; if one rejects, nothing is written
   * any more. What comes later is nobody's business of before: else a steady trickle of receipts would keep everything.
   */
  holdUntil(durable: Promise<unknown>): void {
    const hold = { isDurable: false }
    this.#line.push(hold)
    durable.then(
      () => {
        hold.isDurable = true
        this.#release()
      },
      (error: Error) => {
        this.#failure ??= error
        this.#release()
      },
    )
  }

  /** Resolves when all that was written so far has left, rejects if it never will. */
  written(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure)
    if (this.#line.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#line.push({ left: error => (error ? reject(error) : resolve()) })
    })
  }

  /** Nothing leaves or arrives from this very moment on. */
  cut(): void {
    this.#websocket.terminate()
  }

  #write(frame: Parameters<Send>): void {
    const [data, done] = frame
    if (this.#failure) done(this.#failure)
    else if (this.#line.length === 0) this.#send(...frame)
    else {
      this.#line.push({ frame: data })
      // Whoever wrote it goes on: what follows waits behind it, in this line or in that of the store's writes.
      done()
    }
  }

  #release(): void {
    for (let first = this.#line[0]; first !== undefined; first = this.#line[0]) {
      if ('isDurable' in first && !first.isDurable && !this.#failure) return
      this.#line.shift()
      if ('left' in first) first.left(this.#failure ?? undefined)
      else if ('frame' in first && !this.#failure) this.#send(first.frame, () => {})
    }
  }
}
