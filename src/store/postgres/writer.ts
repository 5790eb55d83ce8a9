import { GatewayError } from '../../base/errors.ts'
import type { Write } from '../../ports/store.ts'
import { encodeWrite } from '../encoded-write.ts'
import { type Failure, toError } from '../failures.ts'
import type { Request, Result } from '../writer/worker-messages.ts'
import { refusal } from './failures.ts'
import { whyUnstorable } from './storable.ts'

/** One request of a commit; `fault`: why it cannot be stored, found before anybody was asked. */
export interface Item {
  request: Request
  fault: Failure | null
  /** Its place among all requests ever, and how many answers its sender knew. */
  number: number
  seen: number
}

/** What became of it: a failure, or its result if it has one. */
export type Outcome = { failure: Failure } | { result: Result | null }

/** Commits some requests together, each with an outcome of its own, in their order. Never rejects. */
export type Commit = (items: Item[]) => Promise<Outcome[]>

interface Pending extends Item {
  resolve: (result: Result | null) => void
  reject: (error: GatewayError) => void
}

/** Lazy requests wait for others for so long, in ms. */
const LINGER_MS = 100
/** Requests of one commit, at most. */
const MOST = 2_000

/** What comes in one turn of the event loop, or while a commit runs, becomes one commit; promises are settled in order. */
export class Writer {
  readonly #commit: Commit
  #queue: Pending[] = []
  #taken = 0
  #answered = 0
  #running: Promise<void> | null = null
  #lingering: NodeJS.Timeout | undefined
  #closing = false

  constructor(commit: Commit) {
    this.#commit = commit
  }

  async write(write: Write): Promise<void> {
    let request: Request
    try {
      request = { write: encodeWrite(write) }
    } catch (error) {
      throw toError(refusal(error))
    }
    await this.submit(request, write.lazy, whyUnstorable(request))
  }

  submit<T extends Result>(request: Request, lazy = false, fault: Failure | null = null): Promise<T> {
    if (this.#closing) return Promise.reject(new GatewayError('SHUTTING_DOWN', 'The store is closed'))
    return new Promise((resolve, reject) => {
      const settle = (result: Result | null) => resolve((result ?? 0) as T)
      this.#queue.push({ request, fault, number: 0, seen: this.#answered, resolve: settle, reject })
      if (!lazy) this.#start()
      else this.#lingering ??= setTimeout(() => this.#start(), LINGER_MS)
    })
  }

  /** Resolves when everything submitted so far is committed, or has failed. */
  async close(): Promise<void> {
    this.#closing = true
    this.#start()
    await this.#running
  }

  #start(): void {
    clearTimeout(this.#lingering)
    this.#lingering = undefined
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    // One turn of the event loop reads many sockets: what they all bring goes into one commit.
    await new Promise(resolve => setImmediate(resolve))
    while (this.#queue.length > 0) {
      const items = this.#queue.splice(0, MOST)
      for (const item of items) item.number = this.#taken++
      const outcomes = await this.#commit(items)
      this.#answered = this.#taken
      for (const [i, { resolve, reject }] of items.entries()) {
        const outcome = outcomes[i]!
        if ('failure' in outcome) reject(toError(outcome.failure))
        else resolve(outcome.result)
      }
    }
    this.#running = null
  }
}
