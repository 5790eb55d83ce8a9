import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** What becomes of what is said on a wire. `held`: nothing arrives, and nobody is told; what was said arrives once it is well again. */
export type WireState = 'well' | 'cut' | 'held'

/** A TCP connection's way to a server on this machine, which can fail as networks do. */
export class Wire {
  #target: { host: string; port: number }
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #state: WireState = 'well'

  /** `target`: any URL with a port. */
  constructor(target: string) {
    this.#target = addressOf(target)
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, near => this.#join(near))
  }

  /** Resolves with this end's port on 127.0.0.1. */
  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  get state(): WireState {
    return this.#state
  }

  set(state: WireState): void {
    this.#state = state
    for (const socket of this.#sockets) {
      if (state === 'cut') socket.destroy()
      else if (state === 'held') socket.pause()
      else socket.resume()
    }
  }

  /** Leads elsewhere from now on; the connections that there are end. */
  lead(target: string): void {
    this.#target = addressOf(target)
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.set('cut')
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(near: Socket): void {
    if (this.#state === 'cut') return void near.destroy()
    const far = connect({ ...this.#target, allowHalfOpen: true })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one)
      one.on('data', chunk => {
        if (other.write(chunk)) return
        one.pause()
        other.once('drain', () => this.#state === 'well' && one.resume())
      })
      one.on('end', () => other.end())
      one.on('error', () => other.destroy())
      one.on('close', isBroken => {
        this.#sockets.delete(one)
        if (isBroken || !one.readableEnded) other.destroy()
      })
      if (this.#state === 'held') one.pause()
    }
    if (this.#state === 'well') near.resume()
  }
}

function addressOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}
