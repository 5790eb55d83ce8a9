import { type SSEMessage, streamSSE } from 'hono/streaming'
import type { Clock } from '../base/clock.ts'
import { faultFields } from '../base/describe-error.ts'
import { GatewayError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { CommittedFact, CommittedFacts } from '../ports/event-log.ts'
import type { HttpContext } from './context.ts'

const MOST_STREAMS = 100
/** A reader that is so many facts behind is cut off: it comes back and goes on where it was. */
const MOST_WAITING = 10_000
/** Proxies, and our own listener, end what is silent for a minute. */
const HEARTBEAT_MS = 15_000
/** The first line of a stream: after so many ms a client that was cut off comes back. */
export const COME_BACK = 'retry: 2000\n\n'

/** A comment: nothing happened, and the connection lives. */
export const HEARTBEAT = ':\n\n'

/** What a client is given: a message, or the lines of the stream as they are. */
export type Told = SSEMessage | string

type Next = CommittedFact | typeof HEARTBEAT

/** What is committed after the position `head`, each fact once, and heartbeats between them; ends with the stream. */
export interface Tail {
  head: number
  facts: AsyncIterable<Next>
}

type Following = Pick<CommittedFacts, 'catchUp' | 'follow'>

/** Follows all, or one stream. */
export type Follow = (streamId?: string) => Promise<Tail>

/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) of what is committed. */
export class EventStreams {
  readonly #facts: Following
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #open = new Set<OpenStream>()
  #beats = false

  constructor(facts: Following, clock: Clock, logger: Logger) {
    this.#facts = facts
    this.#clock = clock
    this.#logger = logger
  }

  /** Answers with the stream of what `tell` gives, which follows at most once. Throws TOO_MANY_REQUESTS when too many are open. */
  serve(c: HttpContext, tell: (follow: Follow) => AsyncIterable<Told>): Response {
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'Content-Type': 'text/event-stream' })
    if (this.#open.size >= MOST_STREAMS)
      throw new GatewayError('TOO_MANY_REQUESTS', `${MOST_STREAMS} event streams are open: close some.`, {
        retryAfterSeconds: 5,
      })
    const one = new OpenStream(this.#facts, c.get('stillAllowed'))
    this.#open.add(one)
    this.#beat()
    // What a proxy such as nginx keeps to itself arrives too late.
    c.header('X-Accel-Buffering', 'no')
    return streamSSE(c, async stream => {
      stream.onAbort(() => one.end())
      try {
        await stream.write(COME_BACK)
        for await (const told of tell(streamId => one.follow(streamId))) {
          if (stream.aborted) break
          await (typeof told === 'string' ? stream.write(told) : stream.writeSSE(told))
        }
      } catch (error) {
        this.#logger.warn(faultFields(error), 'an event stream ended early')
      } finally {
        one.end()
        this.#open.delete(one)
      }
    })
  }

  /** Ends all of them, once what waits is told. */
  end(): void {
    for (const one of this.#open) one.end()
  }

  #beat(): void {
    if (this.#beats) return
    this.#beats = true
    this.#clock.setTimeout(() => {
      this.#beats = false
      for (const one of this.#open) void one.beat()
      if (this.#open.size > 0) this.#beat()
    }, HEARTBEAT_MS)
  }
}

/** What waits for one client. */
class OpenStream {
  readonly #facts: Following
  readonly #queue: ReadableStream<Next>
  #controller!: ReadableStreamDefaultController<Next>
  readonly #stillAllowed: (() => Promise<boolean>) | undefined
  #unfollow = () => {}
  #ended = false

  /** `stillAllowed`: whether whoever reads it may still do so; never rejects. */
  constructor(facts: Following, stillAllowed: (() => Promise<boolean>) | undefined) {
    this.#facts = facts
    this.#stillAllowed = stillAllowed
    const start = (controller: ReadableStreamDefaultController<Next>) => {
      this.#controller = controller
    }
    // Whoever cancels has closed it.
    const cancel = () => void this.#stop()
    this.#queue = new ReadableStream({ start, cancel }, { highWaterMark: MOST_WAITING })
  }

  async follow(streamId?: string): Promise<Tail> {
    await this.#facts.catchUp()
    const tell = (fact: CommittedFact) => this.push(fact)
    const { head, end } = this.#facts.follow(tell, { streamId: streamId ?? null, ended: () => this.end() })
    this.#unfollow = end
    if (this.#ended) end()
    return { head, facts: this.#queue }
  }

  async beat(): Promise<void> {
    if (this.#stillAllowed === undefined || (await this.#stillAllowed())) this.push(HEARTBEAT)
    else this.end()
  }

  push(next: Next): void {
    if (this.#ended) return
    this.#controller.enqueue(next)
    if (this.#controller.desiredSize! <= 0) this.end()
  }

  /** What waits is still told. */
  end(): void {
    if (this.#stop()) this.#controller.close()
  }

  /** False if it had stopped before. */
  #stop(): boolean {
    if (this.#ended) return false
    this.#ended = true
    this.#unfollow()
    return true
  }
}
