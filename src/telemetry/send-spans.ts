import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type Tracer,
} from '@opentelemetry/api'
import { linksTo, type RequestSpans, traceHeaders } from './request-spans.ts'
import { endSpan, startSpan, timeNow, under, underWay } from './spans.ts'

interface Sending {
  span: Span
  context: Context
  /** It waits for its turn, or for a connection. */
  wait: Span | null
  /** The socket has it in hand. */
  encrypt: Span | null
  /** It has left, and WhatsApp has not said that it has it. */
  ack: Span | null
  attempts: number
  left(): void
}

/** Statuses of which each is the last word to whoever waits for the ack. */
const LAST_WORDS = new Set(['sent', 'failed', 'unknown', 'delivered', 'read', 'played'])

/** From a send's request to WhatsApp's ack: queued, waiting, encrypted, transmitted, acked. */
export class SendSpans {
  readonly #tracer: Tracer
  readonly #requests: RequestSpans
  readonly #sendings = underWay<Sending>(sending => this.#end(sending, {}, null))

  constructor(tracer: Tracer, requests: RequestSpans) {
    this.#tracer = tracer
    this.#requests = requests
  }

  /** An id was chosen: the send belongs to the present request. */
  begin(messageId: string): void {
    const { context, sessionId } = this.#requests.current()
    this.#begin(messageId, context, sessionId === null ? {} : { 'whatsapp.session.id': sessionId })
  }

  /** The `traceparent` of a send that is under way; null: none is. */
  traceOf(messageId: string): string | null {
    const sending = this.#sendings.peek(messageId)
    return sending === undefined ? null : (traceHeaders(sending.span).traceparent ?? null)
  }

  /** A fact of a message goes into the log; the given function is called when it is durable, or with why it is not. */
  recording(messageId: string, status: string, type?: string): ((failure: string | null) => void) | null {
    const sending = this.#sendings.peek(messageId)
    if (sending === undefined) return null
    if (type !== undefined) sending.span.setAttribute('whatsapp.message.type', type)
    const isLast = LAST_WORDS.has(status)
    if (isLast) {
      // The ack may come before the write is reported.
      if (status !== 'failed' && status !== 'unknown') sending.left()
      this.#acked(sending, status)
    }
    const commit = startSpan(this.#tracer, `commit ${status}`, sending.context)
    return failure => {
      endSpan(commit, failure)
      if (!isLast) return
      this.#sendings.delete(messageId)
      this.#end(sending, { 'whatsapp.message.status': status }, status === 'failed' ? status : null)
    }
  }

  /**
   * The socket takes it in hand. `durableAt` says when the session's keys were durable last, in ms; of the given functions one is called:
   * when its bytes have left, or with why they have not. What was queued in an earlier life of the process begins a trace of its own,
   * linked to that of then, if `trace` names it.
   */
  transmitting(
    about: { sessionId: string; messageId: string; type: string; trace: string | undefined },
    durableAt: () => number | null,
  ): { left(): void; failed(code: string): void } {
    const { sessionId, messageId, type, trace } = about
    const resumed = { 'whatsapp.session.id': sessionId, 'whatsapp.send.resumed': true }
    const sending =
      this.#sendings.peek(messageId) ?? this.#begin(messageId, ROOT_CONTEXT, resumed, linksTo(trace))
    sending.attempts++
    sending.span.setAttributes({ 'whatsapp.message.type': type, 'whatsapp.session.id': sessionId })
    if (sending.wait) endSpan(sending.wait)
    sending.wait = null
    this.#acked(sending, 'unacknowledged')
    const from = timeNow()
    const encrypt = startSpan(this.#tracer, 'encrypt', sending.context, { at: from })
    sending.encrypt = encrypt
    sending.left = () => {
      if (sending.encrypt !== encrypt) return
      sending.encrypt = null
      const durable = durableAt() ?? 0
      const at = durable > from ? durable : timeNow()
      endSpan(encrypt, null, at)
      endSpan(startSpan(this.#tracer, 'transmit', sending.context, { at }))
      sending.ack = startSpan(this.#tracer, 'ack', sending.context)
    }
    return {
      left: sending.left,
      failed: code => {
        if (sending.encrypt !== encrypt) return
        sending.encrypt = null
        endSpan(encrypt, code)
        sending.wait = startSpan(this.#tracer, 'wait', sending.context)
      },
    }
  }

  /** Nothing more is heard of what is under way. */
  endAll(): void {
    for (const sending of this.#sendings.values()) this.#end(sending, {}, null)
    this.#sendings.clear()
  }

  #begin(messageId: string, parent: Context, known: Attributes, links: Link[] = []): Sending {
    const attributes = { ...known, 'whatsapp.message.id': messageId }
    const span = startSpan(this.#tracer, 'send', parent, { attributes, links })
    const context = under(span)
    const wait = startSpan(this.#tracer, 'wait', context)
    const sending: Sending = { span, context, wait, encrypt: null, ack: null, attempts: 0, left() {} }
    this.#sendings.set(messageId, sending)
    return sending
  }

  #acked(sending: Sending, status: string): void {
    if (sending.ack) endSpan(sending.ack, status === 'sent' || status === 'delivered' ? null : status)
    sending.ack = null
  }

  #end(sending: Sending, attributes: Attributes, failure: string | null): void {
    for (const open of [sending.wait, sending.encrypt, sending.ack]) if (open) endSpan(open)
    sending.encrypt = null
    sending.span.setAttributes({ ...attributes, 'whatsapp.send.attempts': sending.attempts })
    endSpan(sending.span, failure)
  }
}
