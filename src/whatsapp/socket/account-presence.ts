import type { AuthenticationCreds, WASocket } from '@whiskeysockets/baileys'
import type { Clock } from '../../base/clock.ts'
import type { Presence } from '../../messages/send.ts'

/** How long an account that was made available stays so without a send, in ms. */
const AVAILABLE_MS = 5 * 60_000

type PresenceSocket = Pick<WASocket, 'sendNode' | 'ev'>

/**
 * What one socket tells WhatsApp of its account: unavailable, unless somebody asks for the opposite, because the phone alerts nobody
 * while a companion is available. That ends five minutes after the last send, and with the socket.
 */
export class AccountPresence {
  readonly #socket: PresenceSocket
  readonly #clock: Clock
  readonly #name: () => string | null
  /** Runs while the account is available. */
  #timer: unknown = null
  #lastUse = 0

  /** `name`: the account's own, as it is known by now. */
  constructor(socket: PresenceSocket, clock: Clock, name: () => string | null) {
    this.#socket = socket
    this.#clock = clock
    this.#name = name
  }

  /** The socket is open: Baileys says "unavailable" then, but not while it knows no name, and who says nothing counts as available. */
  opened(): void {
    if (this.#name() === null) this.#tell()
  }

  /** The account's name became known or changed: WhatsApp shows it to others beside messages. */
  named(): void {
    this.#tell()
  }

  /** Something is sent: who was made available stays so. */
  used(): void {
    if (this.#timer !== null) this.#lastUse = this.#clock.now()
  }

  /** Shows everybody that the account is there or not, or one chat what it does; that needs nobody to be available. */
  show(kind: Presence, chatId?: string): Promise<void> {
    if (kind === 'available' || kind === 'unavailable') {
      this.end()
      if (kind === 'available') this.#wait(AVAILABLE_MS)
      this.#lastUse = this.#clock.now()
      return this.#say()
    }
    const [tag, attrs] = kind === 'recording' ? ['composing', { media: 'audio' }] : [kind, {}]
    // It names its chat alone (WhatsApp Web, whatsmeow).
    return this.#socket.sendNode({
      tag: 'chatstate',
      attrs: { to: chatId ?? '' },
      content: [{ tag: tag as string, attrs: attrs as Record<string, string> }],
    })
  }

  /** Nothing of it runs any more. */
  end(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#timer = null
  }

  #wait(ms: number): void {
    this.#timer = this.#clock.setTimeout(() => {
      const left = this.#lastUse + AVAILABLE_MS - this.#clock.now()
      if (left > 0) return this.#wait(left)
      this.#timer = null
      this.#tell()
    }, ms)
  }

  #tell(): void {
    this.#say().catch(() => {})
  }

  #say(): Promise<void> {
    const isOnline = this.#timer !== null
    const name = this.#name()?.replaceAll('@', '')
    // Receipts of who is away are "inactive"; Baileys writes them by this.
    this.#socket.ev.emit('connection.update', { isOnline })
    const type = isOnline ? 'available' : 'unavailable'
    return this.#socket.sendNode({ tag: 'presence', attrs: { ...(name && { name }), type } })
  }
}

/** The account's name, once it is known; `~` is Baileys' placeholder. */
export function nameOf({ me }: AuthenticationCreds): string | null {
  return me?.name && me.name !== '~' ? me.name : null
}
