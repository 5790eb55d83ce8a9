import type { RequestCause } from '../base/causes.ts'
import { GatewayError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { DeliveryKind, DeliveryOutcome, DeliveryRow } from '../ports/delivery-table.ts'
import type { MessageWrite } from '../ports/message-table.ts'
import type { Store, Write } from '../ports/store.ts'
import type { ArrivalTracing, WhatsApp, WhatsAppSocket } from '../ports/whatsapp.ts'
import { ArrivalSpans, type AttemptResult } from './arrival-spans.ts'
import { RequestSpans } from './request-spans.ts'
import { type SdkOptions, startSdk } from './sdk.ts'
import { SendSpans } from './send-spans.ts'
import { timeNow, underWay } from './spans.ts'

/** How long the last spans may take on their way, in ms. */
const FLUSH_MS = 2_000

type Deliver<A> = (
  kind: DeliveryKind,
  webhookId: string,
  payload: Record<string, unknown>,
  signal?: AbortSignal,
  headers?: Record<string, string>,
) => Promise<A>

/** Starts the SDK. Whoever does not call this loads nothing of it. */
export async function startTracing(
  options: SdkOptions,
  about: { version: string; logger: Logger; routes: Record<DeliveryKind, string> },
): Promise<Tracing> {
  const { tracer, shutdown } = await startSdk(options, about)
  const requests = new RequestSpans(tracer)
  return new Tracing(
    requests,
    new SendSpans(tracer, requests),
    new ArrivalSpans(tracer),
    about.routes,
    shutdown,
  )
}

/** Stands between the parts and their ports, and makes spans of what passes: ids, types, codes and times, nothing that people wrote. */
export class Tracing {
  readonly #requests: RequestSpans
  readonly #sends: SendSpans
  readonly #arrivals: ArrivalSpans
  readonly #routes: Record<DeliveryKind, string>
  readonly #shutdown: () => Promise<void>
  /** When the keys of a stream were durable last. */
  readonly #keysAt = underWay<number>(() => {})

  constructor(
    requests: RequestSpans,
    sends: SendSpans,
    arrivals: ArrivalSpans,
    routes: Record<DeliveryKind, string>,
    shutdown: () => Promise<void>,
  ) {
    this.#requests = requests
    this.#sends = sends
    this.#arrivals = arrivals
    this.#routes = routes
    this.#shutdown = shutdown
  }

  get arrivals(): ArrivalTracing {
    return this.#arrivals
  }

  asked(cause: RequestCause, header: (name: string) => string | undefined): void {
    this.#requests.asked(cause, header)
  }

  answered(cause: RequestCause, answer: { method: string; route: string; status: number }): void {
    this.#requests.answered(cause, answer)
  }

  /** The same store, with what it commits of messages traced. */
  store(store: Store): Store {
    const commit: Store['commit'] = write => {
      const done = this.#recording(write)
      const committed = store.commit(this.#named(write))
      if (done.length > 0)
        committed.then(
          () => done.forEach(end => void end(null)),
          error => done.forEach(end => void end(codeOf(error))),
        )
      return committed
    }
    return { ...store, commit }
  }

  /** The same WhatsApp, with what it sends traced. */
  whatsapp(whatsapp: WhatsApp): WhatsApp {
    return {
      ...whatsapp,
      newMessageId: () => {
        const messageId = whatsapp.newMessageId()
        this.#sends.begin(messageId)
        return messageId
      },
      open: async (owner, signal) => {
        const socket = await whatsapp.open(owner, signal)
        return socket && this.#socket(socket, owner)
      },
    }
  }

  /** The same way to Laravel, with each attempt traced, and told to which trace it belongs. */
  delivering<A extends AttemptResult>(deliver: Deliver<A>): Deliver<A> {
    return async (kind, webhookId, payload, signal) => {
      const { session_id: sessionId, message_id: messageId } = payload
      const about = { kind, route: this.#routes[kind], webhookId }
      const attempt = this.#arrivals.attempting(about, { sessionId, messageId })
      const came = await deliver(kind, webhookId, payload, signal, attempt.headers)
      attempt.done(came)
      return came
    }
  }

  /** What became of a delivery. */
  settled({ webhookId }: DeliveryRow, outcome: DeliveryOutcome): void {
    if ('dead' in outcome) this.#arrivals.gaveUp(webhookId)
  }

  /** Ends what is under way and hands over all that was not; never rejects, and lasts FLUSH_MS at most. */
  async stop(): Promise<void> {
    this.#sends.endAll()
    this.#arrivals.endAll()
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, FLUSH_MS)
    await Promise.race([this.#shutdown().catch(() => {}), promise])
    clearTimeout(timer)
  }

  /** What is to be sent keeps the name of its trace with it. */
  #named(write: Write): Write {
    const { messages } = write
    if (!messages?.some(isToBeSent)) return write
    return { ...write, messages: messages.map(message => this.#withTrace(message)) }
  }

  #withTrace(message: MessageWrite): MessageWrite {
    if (!isToBeSent(message)) return message
    const { messageId } = 'insert' in message ? message.insert : message.prepared
    const trace = this.#sends.traceOf(messageId)
    if (trace === null) return message
    if ('prepared' in message)
      return { prepared: { messageId, content: { ...message.prepared.content, trace } } }
    const { insert } = message
    const { content } = insert
    return 'to' in content ? { insert: { ...insert, content: { ...content, trace } } } : message
  }

  #recording({ streamId, events = [], messages = [], deliveries = [], keys }: Write) {
    const done: ((failure: string | null) => void)[] = []
    const add = (end: ((failure: string | null) => void) | null) => {
      if (end !== null) done.push(end)
    }
    for (const { type, data } of events) {
      const status = /^message\.(\w+)$/.exec(type)?.[1]
      if (status !== undefined) add(this.#sends.recording(String(data.messageId), status))
    }
    for (const message of messages) {
      if (!('insert' in message) || message.insert.direction !== 'in') continue
      const { messageId, content, seq } = message.insert
      const webhookId = deliveries.find(delivery => delivery.seq === seq)?.webhookId ?? null
      add(this.#arrivals.storing(streamId, messageId, content.type, webhookId))
    }
    if (keys !== undefined)
      done.push(failure => {
        if (failure === null) this.#keysAt.set(streamId, timeNow())
      })
    return done
  }

  #socket(socket: WhatsAppSocket, owner: { sessionId: string; streamId: string }): WhatsAppSocket {
    const { sessionId, streamId } = owner
    return {
      send: async (messageId, content, secret) => {
        const about = { sessionId, messageId, type: content.type, trace: content.trace }
        const transmission = this.#sends.transmitting(about, () => this.#keysAt.peek(streamId) ?? null)
        try {
          await socket.send(messageId, content, secret)
          transmission.left()
        } catch (error) {
          transmission.failed(codeOf(error))
          throw error
        }
      },
      chats: socket.chats,
      passkey: socket.passkey,
      logout: () => socket.logout(),
      end: () => socket.end(),
    }
  }
}

type ToBeSent = Extract<MessageWrite, { insert: unknown } | { prepared: unknown }>

const isToBeSent = (message: MessageWrite): message is ToBeSent =>
  'prepared' in message || ('insert' in message && message.insert.direction === 'out')

const codeOf = (error: unknown): string => (error instanceof GatewayError ? error.code : 'Error')
