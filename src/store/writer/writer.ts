import { Worker } from 'node:worker_threads'
import { GatewayError } from '../../base/errors.ts'
import type { DeliveryOutcome } from '../../ports/delivery-table.ts'
import type { DownloadOutcome } from '../../ports/download-table.ts'
import type { MediaChange } from '../../ports/media-store.ts'
import type { PruneRequest, PruneStep, Write } from '../../ports/store.ts'
import { type EncodedWrite, encodeWrite } from '../encoded-write.ts'
import { refusal, toError } from '../failures.ts'
import type { Answer, Command, Request, Result, WriterOptions } from './worker-messages.ts'

interface Pending {
  request: Request
  resolve: (result: Result | undefined) => void
  reject: (error: GatewayError) => void
}

export interface WriterListeners {
  /** Its thread ended, nothing can be stored any more. */
  onDeath(error: GatewayError): void
  /** Something too old could not be forgotten; it is tried again with the next commits. */
  onUnforgotten(why: string): void
}

/** How long a lazy request waits for company, in ms. */
const LINGER_MS = 10

/** The main thread's end of the writer: batches the requests of one turn of the event loop together, settles their promises in order. */
export class Writer {
  readonly #worker: Worker
  readonly #now: () => number
  readonly #exited: Promise<void>
  #queue: Pending[] = []
  #inFlight: Pending[] = []
  #seen = 0
  #scheduled = false
  #lingering: NodeJS.Timeout | undefined
  #closing = false
  readonly #onDeath: (error: GatewayError) => void
  readonly #onUnforgotten: (why: string) => void
  #dead: GatewayError | null = null

  private constructor(worker: Worker, now: () => number, { onDeath, onUnforgotten }: WriterListeners) {
    this.#worker = worker
    this.#now = now
    this.#onDeath = onDeath
    this.#onUnforgotten = onUnforgotten
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

  async commit(write: Write): Promise<void> {
    let encoded: EncodedWrite
    try {
      encoded = encodeWrite(write)
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

  async settle(id: number, outcome: DeliveryOutcome): Promise<void> {
    await this.#submit({ settle: { id, outcome } })
  }

  async downloaded(streamId: string, seq: number, outcome: DownloadOutcome): Promise<void> {
    await this.#submit({ downloaded: { streamId, seq, outcome } })
  }

  /** Resolves when everything submitted so far is committed and the file is closed. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true
      this.#worker.ref()
      this.#flush()
      this.#worker.postMessage('close' satisfies Command)
    }
    await this.#exited
  }

  #submit<T extends Result>(request: Request, lazy = false): Promise<T> {
    if (this.#closing) return Promise.reject(new GatewayError('SHUTTING_DOWN', 'The store is closed'))
    if (this.#dead) return Promise.reject(this.#dead)
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, resolve: result => resolve((result ?? 0) as T), reject })
      if (this.#scheduled) return
      if (lazy) {
        this.#lingering ??= setTimeout(() => this.#flush(), LINGER_MS)
        return
      }
      this.#scheduled = true
      // One turn of the event loop reads many sockets: what they all bring goes into one commit.
      setImmediate(() => this.#flush())
    })
  }

  #flush(): void {
    this.#scheduled = false
    clearTimeout(this.#lingering)
    this.#lingering = undefined
    if (this.#queue.length === 0) return
    const queue = this.#queue
    this.#queue = []
    if (this.#post(queue)) return
    for (const one of queue)
      if (!this.#post([one])) one.reject(new GatewayError('INTERNAL', 'The store was given what is no data'))
  }

  /** False if something in it cannot go to another thread; then nothing was posted. */
  #post(pending: Pending[]): boolean {
    const requests = pending.map(({ request }) => request)
    try {
      this.#worker.postMessage({ seen: this.#seen, now: this.#now(), requests } satisfies Command)
    } catch {
      return false
    }
    if (this.#inFlight.length === 0) this.#worker.ref()
    this.#inFlight = this.#inFlight.concat(pending)
    return true
  }

  #answered(answer: Answer): void {
    if (!('count' in answer)) return
    // What is queued was made without knowing this answer, and must say so.
    this.#flush()
    this.#seen += answer.count
    if (answer.unforgotten !== undefined) this.#onUnforgotten(answer.unforgotten)
    const done = this.#inFlight.splice(0, answer.count)
    if (this.#inFlight.length === 0 && !this.#closing) this.#worker.unref()
    const failed = new Map(answer.failed)
    const results = new Map(answer.results)
    for (const [index, { resolve, reject }] of done.entries()) {
      const failure = failed.get(index)
      if (failure) reject(toError(failure))
      else resolve(results.get(index))
    }
  }

  #died(cause: unknown): void {
    if (this.#dead) return
    const why = cause instanceof Error ? cause.message : String(cause)
    this.#dead = new GatewayError('STORE_FAILED', `The thread that writes the store died (${why})`, {
      cause,
      retryable: false,
    })
    if (!this.#closing) this.#onDeath(this.#dead)
    for (const { reject } of [...this.#inFlight, ...this.#queue]) reject(this.#dead)
    this.#inFlight = []
    this.#queue = []
    void this.#worker.terminate()
  }
}
