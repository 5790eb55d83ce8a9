import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** What the proxy does to the next transaction's COMMIT: nothing of it arrives, or its answer does not. */
export type Cut = 'before' | 'after'

// https://www.postgresql.org/docs/current/protocol-message-formats.html: Query, and CommandComplete.
const COMMIT = Buffer.from('Q\0\0\0\x0bCOMMIT\0')
const COMMITTED = Buffer.from('C\0\0\0\x0bCOMMIT\0')

/** Stands between a store and PostgreSQL, and cuts connections when it is told to. */
export class CuttingProxy {
  readonly #target: URL
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** For each transaction that comes to its end, from the next one on. */
  cuts: Cut[] = []
  /** Nobody gets through. */
  isDown = false
  /** COMMITs that were cut. */
  cut = 0

  constructor(target: string) {
    this.#target = new URL(target)
    this.#server = createServer(client => this.#pass(client))
  }

  /** Resolves with the URL of the same database, through the proxy. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const url = new URL(this.#target)
    url.hostname = '127.0.0.1'
    url.port = `${(this.#server.address() as AddressInfo).port}`
    return url.href
  }

  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cutAll()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #pass(client: Socket): void {
    if (this.isDown) return void client.destroy()
    const server = connect(Number(this.#target.port || 5432), this.#target.hostname)
    let awaited = false
    const end = () => {
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        end()
      })
    }
    client.on('data', data => {
      const [cut] = this.cuts
      if (cut !== undefined && data.includes(COMMIT)) {
        this.cuts.shift()
        this.cut++
        if (cut === 'before') return end()
        awaited = true
      }
      server.write(data)
    })
    server.on('data', data => {
      if (awaited && data.includes(COMMITTED)) end()
      else if (!awaited) client.write(data)
    })
  }
}
