import type { WebSocket } from 'ws'

type Send = (data: Uint8Array, done: (error?: Error) => void) => void

/**
 * Holds back what Baileys writes until something is durable, an acknowledgement above all. Frames leave in the order in which
 * they were written: each is encrypted under the next counter.
 */
export class WriteGate {
  readonly #websocket: Pick<WebSocket, 'terminate'>
  readonly #send: Send
  /** Frames, each behind what it waits for. */
  #line: ({ frame: Parameters<Send> } | { isDurable: boolean })[] = []
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

  /** Nothing leaves or arrives from this very moment on. */
  cut(): void {
    this.#websocket.terminate()
  }

  #write(frame: Parameters<Send>): void {
    if (this.#failure) frame[1](this.#failure)
    else if (this.#line.length > 0) this.#line.push({ frame })
    else this.#send(...frame)
  }

  #release(): void {
    for (let first = this.#line[0]; first !== undefined; first = this.#line[0]) {
      if ('isDurable' in first && !first.isDurable && !this.#failure) return
      this.#line.shift()
      if (!('frame' in first)) continue
      if (this.#failure) first.frame[1](this.#failure)
      else this.#send(...first.frame)
    }
  }
}
