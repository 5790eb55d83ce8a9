import { Worker } from 'node:worker_threads'
import { GatewayError } from '../../base/errors.ts'
import type { DeliveryOutcome } from '../../ports/delivery-table.ts'
import type { DownloadOutcome } from '../../ports/download-table.ts'
import type { MediaChange } from '../../ports/media/media-store.ts'
import type { PruneRequest, PruneStep, Write } from '../../ports/store.ts'
import { type EncodedWrite, encodeWrite } from '../encoded-write.ts'
import { refusal, toError } from '../failures.ts'
import type { Answer, Batch, Command, Request, Result, WriterOptions } from './worker-messages.ts'

interface Pending {
  request: Request
  /** Answers that its sender knew. */
  seen: number
  resolve: (result: Result | undefined) => void
  reject: (error: GatewayError) => void
}

export interface WriterListeners {
  /** Its thread ended, nothing can be stored any more. */
  onDeath(error: GatewayError): void
  /** Something too old could not be forgotten; it is tried again with the next commits. */
  onUnforgotten(why: string): void
  /** A write is committed, its last fact at `position`; null: it has none. */
  onWritten(write: EncodedWrite, position: number | null): void
}

/** How long lazy requests wait for more of their stream, in ms: each commit writes the pages of every stream that is in it anew. */
const LINGER_MS = 100

/** Messages to the thread: one that it works on, and one so that it need not wait for this thread in between. */
const MOST_IN_FLIGHT = 2

/** The stream of lazy requests that belong to none. */
const ANY = ''

/**
 * The main thread's end of the writer: what comes in one turn of the event loop, or while commits run, goes over together and becomes
 * one commit; promises are settled in order.
 */
export class Writer {
  readonly #worker: Worker
  readonly #now: () => number
  readonly #exited: Promise<void>
  #queue: Pending[] = []
  /** Lazy requests by stream; they go over with the next request of theirs (of `ANY`, of any), or all together after a while. */
  readonly #lazy = new Map<string, Pending[]>()
  /** What each message to the thread held. */
  #inFlight: Pending[][] = []
  #seen = 0
  #scheduled = false
  /** The turn of what is queued has come; it goes over once a commit is done. */
  #due = false
  #lingering: NodeJS.Timeout | undefined
  #closing = false
  readonly #onDeath: (error: GatewayError) => void
  readonly #onUnforgotten: (why: string) => void
  readonly #onWritten: WriterListeners['onWritten']
  #dead: GatewayError | null = null

  private constructor(
    worker: Worker,
    now: () => number,
    { onDeath, onUnforgotten, onWritten }: WriterListeners,
  ) {
    this.#worker = worker
    this.#now = now
    this.#onDeath = onDeath
    this.#onUnforgotten = onUnforgotten
    this.#onWritten = onWritten
    this.#exited = new Promise(resolve => worker.once('exit', () => resolve()))
    worker.on('message', (answer: Answer) => this.#answered(answer))
    worker.on('messageerror', error => this.#died(error))
    worker.on('error', error => this.#died(error))
    worker.once('exit', code => this.#died(new Error(`exit code ${code}`)))
    worker.unref()
  }

  /** Resolves when the file is open; rejects with BAD_CONFIG or STORE_FAILED. */
  static async open(
    file: string,
    now: () => number,
    options: WriterOptions,
    listeners: WriterListeners,
  ): Promise<Writer> {
    const worker = new Worker(new URL('./writer.worker.ts', import.meta.url), {
      name: 'store',
      workerData: { file, ...options },
      execArgv: [],
      // What is young in it is one batch: V8's default reserves 16 MB and more for it.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    })
    // Before the first message: a busy process gets the message and the exit in one turn.
    const exited = new Promise<void>(resolve => worker.once('exit', () => resolve()))
    const first = await new Promise<Answer>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    if ('broken' in first) {
      await exited
      throw toError(first.broken)
    }
    return new Writer(worker, now, listeners)
  }

  /** `nextId` numbers its deliveries. */
  async commit(write: Write, nextId: () => number): Promise<void> {
    let encoded: EncodedWrite
    try {
      encoded = encodeWrite(write, nextId)
    } catch (error) {
      throw toError(refusal(error))
    }
    await this.#submit({ write: encoded }, write.lazy)
  }

  claim(streamId: string): Promise<number> {
    return this.#submit({ claim: streamId })
  }

  eraseBodies(before: number, limit: number): Promise<number> {
    return this.#submit({ eraseBodies: { before, limit } })
  }

  eraseDeleted(limit: number): Promise<number> {
    return this.#submit({ eraseDeleted: { limit } })
  }

  prune(request: PruneRequest): Promise<PruneStep> {
    return this.#submit({ prune: request })
  }

  async mediaChanged(media: MediaChange[]): Promise<void> {
    await this.#submit({ media })
  }

  /** Lazily, if nothing follows from it. */
  async settle(id: number, outcome: DeliveryOutcome, lazy = false): Promise<void> {
    await this.#submit({ settle: { id, outcome } }, lazy)
  }

  async downloaded(streamId: string, seq: number, outcome: DownloadOutcome): Promise<void> {
    await this.#submit({ downloaded: { streamId, seq, outcome } })
  }

  /** Resolves when everything submitted so far is committed and the file is closed. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true
      this.#worker.ref()
      this.#hurry()
      this.#flush()
      this.#worker.postMessage('close' satisfies Command)
    }
    await this.#exited
  }

  #submit<T extends Result>(request: Request, lazy = false): Promise<T> {
    if (this.#closing) return Promise.reject(new GatewayError('SHUTTING_DOWN', 'The store is closed'))
    if (this.#dead) return Promise.reject(this.#dead)
    return new Promise((resolve, reject) => {
      const settle = (result: Result | undefined) => resolve((result ?? 0) as T)
      const pending = { request, seen: this.#seen, resolve: settle, reject }
      const streamId = streamOf(request)
      if (lazy) {
        const waiting = this.#lazy.get(streamId ?? ANY)
        if (waiting) waiting.push(pending)
        else this.#lazy.set(streamId ?? ANY, [pending])
        this.#lingering ??= setTimeout(() => this.#hurry(), LINGER_MS)
        return
      }
      this.#takeLazy(streamId)
      this.#queue.push(pending)
      this.#schedule()
    })
  }

  /** What is lazy waits no longer. */
  #hurry(): void {
    clearTimeout(this.#lingering)
    this.#lingering = undefined
    this.#takeLazy(null)
    if (this.#queue.length > 0) this.#schedule()
  }

  /** Lazy requests of a stream, or all, take their place in the queue. */
  #takeLazy(streamId: string | null): void {
    for (const one of streamId === null ? [...this.#lazy.keys()] : [streamId]) {
      for (const request of this.#lazy.get(one) ?? []) this.#queue.push(request)
      this.#lazy.delete(one)
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#due) return
    this.#scheduled = true
    // One turn of the event loop reads many sockets: what they all bring goes into one commit.
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#scheduled = false
    if (this.#queue.length === 0) return
    this.#takeLazy(ANY)
    this.#due = this.#inFlight.length >= MOST_IN_FLIGHT && !this.#closing
    if (this.#due) return
    const queue = this.#queue
    this.#queue = []
    if (this.#post(queue)) return
    for (const one of queue)
      if (!this.#post([one])) one.reject(new GatewayError('INTERNAL', 'The store was given what is no data'))
  }

  /** False if something in it cannot go to another thread; then nothing was posted. */
  #post(pending: Pending[]): boolean {
    const batches: Batch[] = []
    const now = this.#now()
    for (const { request, seen } of pending) {
      const last = batches.at(-1)
      if (last?.seen === seen) last.requests.push(request)
      else batches.push({ seen, now, requests: [request] })
    }
    try {
      this.#worker.postMessage(batches satisfies Command)
    } catch {
      return false
    }
    if (this.#inFlight.length === 0) this.#worker.ref()
    this.#inFlight.push(pending)
    return true
  }

  #answered(answer: Answer): void {
    if (!('count' in answer)) return
    this.#seen += answer.count
    if (answer.unforgotten !== undefined) this.#onUnforgotten(answer.unforgotten)
    const done: Pending[] = []
    // Nothing is in flight for a thread that is dead; and a spread of very many overflows the stack.
    while (done.length < answer.count && this.#inFlight.length > 0)
      for (const one of this.#inFlight.shift()!) done.push(one)
    if (this.#inFlight.length === 0 && !this.#closing) this.#worker.unref()
    const failed = new Map(answer.failed)
    const results = new Map(answer.results)
    for (const [index, { request, resolve, reject }] of done.entries()) {
      const failure = failed.get(index)
      const result = results.get(index)
      if (failure) reject(toError(failure))
      else resolve(result)
      if ('write' in request && !failure)
        this.#onWritten(request.write, typeof result === 'number' ? result : null)
    }
    // What is lazy was made without knowing of a failure, and must go over while that is remembered.
    if (failed.size > 0) this.#hurry()
    if (!this.#due) return
    this.#due = false
    // Together with what this answer lets happen.
    this.#schedule()
  }

  #died(cause: unknown): void {
    if (this.#dead) return
    const why = cause instanceof Error ? cause.message : String(cause)
    this.#dead = new GatewayError('STORE_FAILED', `The thread that writes the store died (${why})`, {
      cause,
      retryable: false,
    })
    if (!this.#closing) this.#onDeath(this.#dead)
    this.#hurry()
    for (const { reject } of [...this.#inFlight.flat(), ...this.#queue]) reject(this.#dead)
    this.#inFlight = []
    this.#queue = []
    void this.#worker.terminate()
  }
}

/** The stream behind whose lazy requests a request must stand; null: behind all of them. */
function streamOf(request: Request): string | null {
  if ('settle' in request || 'media' in request) return ANY
  if ('write' in request) return request.write.streamId
  if ('claim' in request) return request.claim
  if ('downloaded' in request) return request.downloaded.streamId
  return null
}
