import { type BinaryNode, generateWAMessageContent, type proto, type WASocket } from '@whiskeysockets/baileys'
import type { SendContent } from '../contract.ts'
import { GatewayError } from '../errors.ts'
import type { Clock, SendUpdate } from '../ports.ts'
import { readAck, STALE_SESSION } from './acks.ts'
import { isGroup, parseJid } from './jid.ts'
import { toBaileysContent } from './outbound.ts'
import type { SenderKeyHolders, SenderKeyMemory } from './sender-key-memory.ts'

const SEND_TIMEOUT_MS = 20_000
/** Sends that wait for their ack, so that a stale session can be cured; more than a socket ever has in flight. */
const REMEMBERED = 1000

/** What a socket must have to send. */
export type Relay = Pick<WASocket, 'relayMessage' | 'assertSessions' | 'authState'>
interface Devices {
  del(user: string): unknown
}
type Memory = Pick<SenderKeyMemory, 'holders' | 'confirm' | 'forget'>
interface Unacked {
  content: SendContent
  retried: boolean
  /** Once it is written; of a group: who can read it when it arrives. */
  written: Promise<SenderKeyHolders | null>
}

/** The message as WhatsApp carries it; never asks the network for previews. */
export function toProto(content: SendContent): Promise<proto.IMessage> {
  const upload = () => Promise.reject(new Error('a text needs no upload'))
  return generateWAMessageContent(toBaileysContent(content), { upload })
}

/** The sends of one socket. */
export class Sends {
  readonly #relay: Relay
  readonly #devices: Devices
  readonly #memory: Memory
  readonly #clock: Clock
  readonly #onFailedRetry: (update: SendUpdate) => void
  readonly #rejects = new Set<(error: GatewayError) => void>()
  readonly #unacked = new Map<string, Unacked>()
  #ended: GatewayError | null = null

  constructor(
    relay: Relay,
    devices: Devices,
    memory: Memory,
    clock: Clock,
    onFailedRetry: (update: SendUpdate) => void,
  ) {
    this.#relay = relay
    this.#devices = devices
    this.#memory = memory
    this.#clock = clock
    this.#onFailedRetry = onFailedRetry
  }

  /** See `WhatsAppSocket.send`. Rejects with a retryable error when the socket ends first or after 20 s. */
  async send(messageId: string, content: SendContent): Promise<void> {
    if (this.#ended) throw this.#ended
    try {
      await this.#unlessEnded(this.#transmit(messageId, content, false))
    } catch (error) {
      this.#unacked.delete(messageId)
      throw toGatewayError(error)
    }
  }

  /** What a server ack says; null while a stale session is being cured by one more transmission. */
  acked(ack: BinaryNode): SendUpdate | null {
    const update = readAck(ack, this.#clock.now())
    if (update === null) return null
    const sent = this.#unacked.get(update.messageId)
    this.#unacked.delete(update.messageId)
    if (sent) this.#learn(sent, update.status)
    const stale = update.status === 'failed' && update.code === STALE_SESSION
    if (!stale || !sent || sent.retried) return update
    this.#retry(update.messageId, sent.content).catch(() => this.#onFailedRetry(update))
    return null
  }

  /** Rejects what is in flight and all later sends. */
  end(): void {
    this.#ended ??= new GatewayError(
      'SESSION_NOT_CONNECTED',
      'The connection ended before the message was sent',
      {
        retryable: true,
      },
    )
    for (const reject of this.#rejects) reject(this.#ended)
    this.#rejects.clear()
    this.#unacked.clear()
  }

  async #transmit(messageId: string, content: SendContent, retried: boolean): Promise<void> {
    const written = this.#write(messageId, content)
    // The ack may come before the write is reported.
    this.#remember(messageId, { content, retried, written })
    await written
  }

  async #write(messageId: string, content: SendContent): Promise<SenderKeyHolders | null> {
    await this.#relay.relayMessage(content.to, await toProto(content), { messageId })
    return isGroup(content.to) ? this.#memory.holders(content.to) : null
  }

  /** What an ack says about our sender key; a key that could not be noted is only given once more. */
  #learn({ content, written }: Unacked, status: SendUpdate['status']): void {
    if (!isGroup(content.to)) return
    const learnt = written.then(holders => {
      if (status === 'failed') return this.#memory.forget(content.to)
      return holders ? this.#memory.confirm(holders) : undefined
    })
    learnt.catch(() => {})
  }

  async #retry(messageId: string, content: SendContent): Promise<void> {
    const user = parseJid(content.to)?.user
    if (isGroup(content.to)) await this.#memory.forget(content.to)
    else {
      if (user) await this.#devices.del(user)
      await this.#relay.assertSessions([content.to], true)
    }
    await this.#unlessEnded(this.#transmit(messageId, content, true))
  }

  #unlessEnded(work: Promise<void>): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const timer = this.#clock.setTimeout(() => {
        reject(
          new GatewayError('SESSION_NOT_CONNECTED', 'WhatsApp did not take the message', { retryable: true }),
        )
      }, SEND_TIMEOUT_MS)
      this.#rejects.add(reject)
      const settled = () => {
        this.#clock.clearTimeout(timer)
        this.#rejects.delete(reject)
      }
      work.finally(settled).then(resolve, reject)
    })
  }

  #remember(messageId: string, unacked: Unacked): void {
    this.#unacked.set(messageId, unacked)
    if (this.#unacked.size > REMEMBERED) this.#unacked.delete(this.#unacked.keys().next().value!)
  }
}

/** WhatsApp's refusal of a query (a Boom whose data is its code) is final; all else may work later. */
function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  const code = error instanceof Error && 'data' in error ? Number(error.data) : Number.NaN
  if (code >= 400 && code < 500 && code !== 408 && code !== 429) {
    return new GatewayError('WHATSAPP_REJECTED', `WhatsApp refused the recipient with code ${code}`, {
      cause: error,
    })
  }
  return new GatewayError('SESSION_NOT_CONNECTED', 'The message could not be handed to WhatsApp', {
    cause: error,
    retryable: true,
  })
}
