import type { WebSocket } from 'ws'

type Send = (data: Uint8Array, done: (error?: Error) => void) => void

/**
 * Holds back what Baileys writes until something is durable, an acknowledgement above all. Frames leave in the order in which
 * they were written: each is encrypted under the next counter.
 */
export class WriteGate {
  readonly #websocket: Pick<WebSocket, 'terminate'>
  readonly #send: Send
  #kept: Parameters<Send>[] = []
  #holds = 0
  #failure: Error | null = null

  constructor(websocket: WebSocket) {
    const writer = websocket as unknown as { send: Send }
    this.#websocket = websocket
    this.#send = writer.send.bind(websocket)
    writer.send = (...frame) => this.#write(frame)
  }

  /** Keeps what is written until `durable`, and all that is held for already, resolves; if one rejects, nothing is written any more. */
  holdUntil(durable: Promise<unknown>): void {
    this.#holds++
    durable.then(
      () => {
        if (--this.#holds === 0) this.#release()
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
    else if (this.#holds > 0) this.#kept.push(frame)
    else this.#send(...frame)
  }

  #release(): void {
    const frames = this.#kept
    this.#kept = []
    for (const frame of frames) this.#write(frame)
  }
}
