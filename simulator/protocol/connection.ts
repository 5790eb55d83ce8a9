import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { type BinaryNode, decodeBinaryNode, encodeBinaryNode } from '@whiskeysockets/baileys'
import type { WebSocket } from 'ws'
import type { ServerIdentity } from './certificates.ts'
import { type ClientFinish, NoiseHandshake, type NoiseTransport } from './noise.ts'
import { stanza } from './stanza.ts'

/** What a connection tells the server. All are called in the order in which the frames came. */
export type ConnectionEvents = {
  authenticated(finish: ClientFinish): void
  node(node: BinaryNode): void
  closed(): void
}

/** One client socket: framing, Noise, and nodes in and out, strictly in order. */
export class Connection {
  /** True once the device asked to be active: only then do stanzas go out as they come. */
  ready = false
  /** While true nothing that arrives is handled and nothing leaves. */
  silent = false
  /** While true nothing that arrives is handled. */
  deaf = false
  /** Its device has logged in on another one since. */
  replaced = false
  /** While set, frames go out in WebSocket messages of so many bytes. */
  packetBytes: number | undefined
  /** The other end is gone without a word: nothing is read, nothing leaves, no end is told. */
  #gone = false
  /** What was read before it was gone, and could not be handled any more. */
  readonly #unread: BinaryNode[] = []
  #handshake: NoiseHandshake | undefined
  #transport: NoiseTransport | undefined
  #introSeen = false
  #inbox: Buffer = Buffer.alloc(0)
  #helloSent = false
  #work = Promise.resolve()
  readonly #socket: WebSocket
  readonly #raw: Socket
  readonly #events: ConnectionEvents

  constructor(socket: WebSocket, raw: Socket, identity: ServerIdentity, events: ConnectionEvents) {
    this.#socket = socket
    this.#raw = raw
    this.#events = events
    this.#handshake = new NoiseHandshake(identity)
    socket.on('message', (data: Buffer) => {
      try {
        this.#receive(data)
      } catch {
        this.reset()
      }
    })
    socket.on('close', () => events.closed())
    socket.on('error', () => socket.terminate())
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  /** Encrypts and writes a node; false when the socket is closed or silent, and then nothing was written. */
  send(node: BinaryNode): boolean {
    return this.sendBytes(encodeBinaryNode(node))
  }

  /** The same with what stands where a node should, whether it is one or not. */
  sendBytes(body: Uint8Array): boolean {
    if (!this.open || this.silent || !this.#transport) return false
    this.#write(this.#transport.encrypt(body))
    return true
  }

  /** Sends a last node, then closes: `<stream:error>` and `<failure>` end a stream. */
  end(last?: BinaryNode): void {
    if (this.#gone) return
    if (last) this.send(last)
    this.#socket.close(1000)
  }

  /** `<stream:error>` with a code, or with a conflict when a type is given; then closes. */
  endWithStreamError(code: string | undefined, conflict?: string): void {
    this.end(
      stanza('stream:error', { code }, conflict ? [stanza('conflict', { type: conflict })] : undefined),
    )
  }

  /** Another connection takes its place, whether this one can be told or not. */
  replace(): void {
    this.replaced = true
    this.endWithStreamError(undefined, 'replaced')
  }

  /** Cuts the TCP connection with RST. */
  reset(): void {
    this.#raw.resetAndDestroy()
  }

  /** Stops reading and writing for good, as a host that lost its power or its route does. */
  goAway(): void {
    this.#gone = true
    this.silent = true
    this.#socket.pause()
  }

  /** Ends what lasts on an open connection: everything, or what is named. */
  recover(what?: string): void {
    if (!what || what === 'silence') this.silent = this.#gone
    if (!what || what === 'deaf') this.deaf = false
    if (!what || what === 'split') this.packetBytes = undefined
    if (this.#gone && (!what || what === 'half-open')) {
      this.#gone = false
      this.silent = false
      for (const node of this.#unread.splice(0)) this.#handle(node)
      this.#socket.resume()
    }
  }

  /** Writes one well-framed body that cannot be decrypted. */
  sendGarbage(): void {
    if (this.open && !this.#gone) this.#write(randomBytes(48))
  }

  #write(body: Uint8Array) {
    const frame = Buffer.allocUnsafe(3 + body.length)
    frame.writeUIntBE(body.length, 0, 3)
    frame.set(body, 3)
    const bytes = this.packetBytes ?? frame.length
    for (let at = 0; at < frame.length; at += bytes) this.#socket.send(frame.subarray(at, at + bytes))
  }

  #receive(data: Buffer) {
    this.#inbox = this.#inbox.length ? Buffer.concat([this.#inbox, data]) : data
    if (!this.#introSeen && !this.#skipIntro()) return
    while (this.#inbox.length >= 3) {
      const end = 3 + this.#inbox.readUIntBE(0, 3)
      if (this.#inbox.length < end) return
      const body = this.#inbox.subarray(3, end)
      this.#inbox = this.#inbox.subarray(end)
      this.#frame(body)
    }
  }

  /** Skips the optional `ED` edge-routing prefix and the four bytes `WA 6 3`. */
  #skipIntro(): boolean {
    const routed = this.#inbox.subarray(0, 2).toString('latin1') === 'ED'
    if (routed && this.#inbox.length < 7) return false
    const start = routed ? 7 + this.#inbox.readUIntBE(4, 3) : 0
    if (this.#inbox.length < start + 4) return false
    if (this.#inbox.subarray(start, start + 2).toString('latin1') !== 'WA')
      throw new Error('not a WhatsApp client')
    this.#inbox = this.#inbox.subarray(start + 4)
    this.#introSeen = true
    return true
  }

  #frame(body: Buffer) {
    if (!this.#transport) return this.#shakeHands(body)
    const plain = this.#transport.decrypt(body)
    // decodeBinaryNode is asynchronous: without this chain two nodes could be handled out of order.
    this.#work = this.#work
      .then(() => decodeBinaryNode(plain))
      .then(
        node => this.#handle(node),
        () => this.reset(),
      )
  }

  #handle(node: BinaryNode) {
    if (this.#gone) this.#unread.push(node)
    else if (!this.silent && !this.deaf) this.#events.node(node)
  }

  #shakeHands(body: Buffer) {
    const handshake = this.#handshake
    if (!handshake) return
    if (!this.#helloSent) {
      this.#helloSent = true
      this.#write(handshake.hello(body))
      return
    }
    const finish = handshake.finish(body)
    this.#transport = handshake.transport()
    this.#handshake = undefined
    this.#events.authenticated(finish)
  }
}
