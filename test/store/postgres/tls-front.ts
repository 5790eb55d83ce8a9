import { connect, createServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { makeTlsIdentity } from '../../../simulator/media/tls-certificate.ts'

/** The length and code of the request for TLS with which a client begins: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const REQUEST_BYTES = 8

/** A server with TLS, whose certificate nobody trusts, in front of one that has none. */
export class TlsFront {
  readonly #sockets = new Set<Socket>()
  readonly #server
  readonly #url: URL

  constructor(url: string) {
    this.#url = new URL(url)
    const { key, cert } = makeTlsIdentity(['localhost'])
    this.#server = createServer(socket => {
      const behind = connect(Number(this.#url.port || 5432), this.#url.hostname)
      for (const one of [socket, behind]) {
        this.#sockets.add(one)
        one.on('error', () => {}).on('close', () => this.#sockets.delete(one))
      }
      socket.once('readable', () => {
        socket.read(REQUEST_BYTES)
        socket.write('S')
        const secure = new TLSSocket(socket, { isServer: true, key, cert })
        secure.on('error', () => behind.destroy()).on('close', () => behind.destroy())
        secure.pipe(behind).pipe(secure)
      })
    })
  }

  /** The address of the same database through it. */
  async listen(): Promise<URL> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    const own = new URL(this.#url)
    own.hostname = 'localhost'
    own.port = String((this.#server.address() as { port: number }).port)
    return own
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}
