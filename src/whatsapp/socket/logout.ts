import { S_WHATSAPP_NET, type WASocket } from '@whiskeysockets/baileys'
import type { Clock } from '../../base/clock.ts'
import type { Disconnect, Verdict } from '../disconnects.ts'
import { DisconnectError } from './disconnect-error.ts'

const ANSWER_MS = 2000
const LOGGED_OUT = 'Intentional Logout'

type LogoutSocket = Pick<WASocket, 'sendNode' | 'waitForMessage' | 'generateMessageTag' | 'user' | 'end'>

/** The logout of one socket: asked for at any time, sent to WhatsApp once, as soon as the session is open. */
export class Logout {
  readonly #socket: LogoutSocket
  readonly #clock: Clock
  readonly #written: () => Promise<void>
  #state: 'none' | 'asked' | 'sent' = 'none'

  /** `written` resolves when what the socket wrote has left, and rejects if it never will. */
  constructor(socket: LogoutSocket, clock: Clock, written: () => Promise<void>) {
    this.#socket = socket
    this.#clock = clock
    this.#written = written
  }

  ask(isOpen: boolean): void {
    if (this.#state !== 'none') return
    this.#state = 'asked'
    if (isOpen) void this.#send()
  }

  /** The session is open: what was asked for before is sent now. */
  opened(): void {
    if (this.#state === 'asked') void this.#send()
  }

  /** Whether the end of the socket confirms the logout. */
  isConfirmedBy(disconnect: Disconnect, { reaction }: Verdict): boolean {
    return this.#state === 'sent' && (disconnect.message === LOGGED_OUT || reaction === 'unlinked')
  }

  async #send(): Promise<void> {
    this.#state = 'sent'
    const confirmed = await removeDevice(this.#socket, this.#clock, this.#written)
    void this.#socket.end(
      confirmed ? new DisconnectError(LOGGED_OUT, 401) : new DisconnectError('Connection Closed', 428),
    )
  }
}

/**
 * Asks WhatsApp to remove this device from its account. Resolves with true after any answer, and after 2 s without one: the bytes
 * were written then. Resolves with false when the connection was gone before.
 */
async function removeDevice(
  socket: LogoutSocket,
  clock: Clock,
  written: () => Promise<void>,
): Promise<boolean> {
  const jid = socket.user?.id
  if (!jid) return true
  const id = socket.generateMessageTag()
  const answered = socket.waitForMessage(id).then(
    () => true,
    () => false,
  )
  try {
    await socket.sendNode({
      tag: 'iq',
      attrs: { to: S_WHATSAPP_NET, type: 'set', id, xmlns: 'md' },
      content: [{ tag: 'remove-companion-device', attrs: { jid, reason: 'user_initiated' } }],
    })
    await written()
  } catch {
    return false
  }
  const timeout = Promise.withResolvers<boolean>()
  const timer = clock.setTimeout(() => timeout.resolve(true), ANSWER_MS)
  const confirmed = await Promise.race([answered, timeout.promise])
  clock.clearTimeout(timer)
  return confirmed
}
