import { createServer, type Server, STATUS_CODES } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'

/** The port clients connect to: on 127.0.0.1, closed and opened again at will, or refusing upgrades with a status. */
export class Listener {
  readonly #websockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 16 * 1024 * 1024,
  })
  readonly #accept: (websocket: WebSocket, socket: Socket) => void
  #server: Server | undefined
  #port = 0
  #refusal: number | undefined

  constructor(accept: (websocket: WebSocket, socket: Socket) => void) {
    this.#accept = accept
  }

  /** Starts to listen; port 0 takes a free one. Resolves with the port. */
  async listen(port: number): Promise<number> {
    const server = createServer((_request, response) => response.writeHead(426).end())
    server.on('upgrade', (request, socket: Socket, head) => {
      if (this.#refusal) {
        const status = `${this.#refusal} ${STATUS_CODES[this.#refusal] ?? 'Refused'}`
        // The client may reset what it was refused on.
        socket.on('error', () => socket.destroy())
        socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
        return
      }
      this.#websockets.handleUpgrade(request, socket, head, websocket => {
        socket.setNoDelay(true)
        this.#accept(websocket, socket)
      })
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    this.#server = server
    this.#port = (server.address() as AddressInfo).port
    return this.#port
  }

  /** Answers every upgrade with this HTTP status from now on. */
  refuseWith(status: number): void {
    this.#refusal = status
  }

  /** Stops listening: connections are refused by the system. Upgraded sockets are not touched. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    server.close()
    server.closeAllConnections()
  }

  /** Takes connections again, on the same port. */
  async resume(): Promise<void> {
    this.#refusal = undefined
    if (this.#port && !this.#server) await this.listen(this.#port)
  }
}
