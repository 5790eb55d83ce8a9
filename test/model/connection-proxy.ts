import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { vi } from 'vitest'

/** Stands between the manager and WhatsApp: who connects waits until it is let in. */
export class ConnectionProxy {
  readonly waiting = new Set<Socket>()
  /** Their connections, each with the one it goes on with. */
  readonly inside = new Map<Socket, Socket>()
  readonly #server: Server
  readonly #port: number
  /** What those who wait have said. */
  readonly #said = new WeakMap<Socket, Buffer[]>()

  private constructor(port: number) {
    this.#port = port
    this.#server = createServer(socket => {
      this.#said.set(socket, [])
      this.waiting.add(socket)
      socket.on('data', chunk => this.#said.get(socket)?.push(chunk))
      socket.on('error', () => {})
      socket.on('close', () => {
        this.waiting.delete(socket)
        this.inside.delete(socket)
      })
    })
  }

  /** Listens on 127.0.0.1 for connections to the simulator's port. */
  static async before(port: number): Promise<ConnectionProxy> {
    const proxy = new ConnectionProxy(port)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ws/chat`
  }

  /** Lets the one in who waits, once somebody does. */
  async letIn(): Promise<void> {
    const socket = await vi.waitFor(
      () => {
        const [first, ...others] = this.waiting
        if (first === undefined || others.length > 0) throw new Error(`${this.waiting.size} connections wait`)
        return first
      },
      { timeout: 10_000, interval: 5 },
    )
    this.waiting.delete(socket)
    const onward = connect(this.#port, '127.0.0.1')
    this.inside.set(socket, onward)
    onward.on('error', () => socket.resetAndDestroy())
    onward.on('close', () => socket.destroy())
    socket.on('close', () => onward.destroy())
    socket.removeAllListeners('data')
    for (const chunk of this.#said.get(socket) ?? []) onward.write(chunk)
    socket.pipe(onward)
    onward.pipe(socket)
  }

  /** What those inside say from now on is lost; what is said to them arrives. */
  dropWhatClientsSay(): void {
    for (const [socket, onward] of this.inside) socket.unpipe(onward).resume()
  }

  /** The network fails, for those who wait, too. */
  cut(): void {
    for (const socket of [...this.waiting, ...this.inside.keys()]) socket.resetAndDestroy()
  }

  async close(): Promise<void> {
    for (const socket of [...this.waiting, ...this.inside.keys()]) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}
