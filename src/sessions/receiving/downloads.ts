import { GatewayError } from '../../base/errors.ts'
import { pause } from '../../base/pause.ts'
import type { DamagedDownload, Download, DownloadOutcome } from '../../ports/download-table.ts'
import type { Store } from '../../ports/store.ts'
import { type AttemptDeps, createDownloadAttempt } from './download-attempt.ts'
import { messageDelivery } from './message-delivery.ts'

/** Files on their way at once, and of one session: one whose files hang leaves room for others. */
const AT_ONCE = 16
const OF_ONE_SESSION = 4

const SETTLE_AGAIN = 5_000
const DAMAGED: DownloadOutcome = { failed: true, error: 'The stored row of this file cannot be read.' }
const UNREAD = 'the media files to download could not be read from the store'

export interface DownloadDeps extends AttemptDeps {
  store: { downloads: Store['downloads'] }
  /** Whether the session lives here: what other nodes have is theirs to download. All do if not given. */
  isHere?: ((sessionId: string) => boolean) | undefined
  /** Something became of a file: the delivery of its message may wait for it. */
  onSettled(lane: string): void
}

/** Brings the files of received messages into the media store. The table of downloads is the truth: a crash loses nothing. */
export class Downloads {
  readonly #deps: DownloadDeps
  readonly #attempt: ReturnType<typeof createDownloadAttempt>
  /** By stream and seq: the work, and whose it is. */
  readonly #running = new Map<string, { sessionId: string; work: Promise<void> }>()
  readonly #stopped = new AbortController()
  /** Streams whose turn comes, so that one with many files holds up no other. */
  #turns: string[] = []
  /** What came to its end since the table was last asked, whose answer may not know it yet. */
  readonly #over = new Set<string>()
  /** The look at the table that is under way, and whether there is a reason for another one. */
  #looking: Promise<void> | null = null
  #wanted = false
  #timer: unknown = null

  constructor(deps: DownloadDeps) {
    this.#deps = deps
    this.#attempt = createDownloadAttempt(deps)
  }

  /** Takes up what is due; to be called at the start, and when a download was added. */
  startDue(): void {
    if (this.#stopped.signal.aborted) return
    this.#wanted = true
    this.#looking ??= this.#look()
  }

  /** Ends what is under way; it is taken up again at the next start. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#deps.clock.clearTimeout(this.#timer)
    await this.#looking
    await Promise.all([...this.#running.values()].map(({ work }) => work))
  }

  /** One look at a time: two would start the same file twice. */
  async #look(): Promise<void> {
    const { signal } = this.#stopped
    try {
      while (this.#wanted && !signal.aborted) {
        this.#wanted = false
        await this.#takeUp()
      }
    } finally {
      this.#looking = null
    }
  }

  async #takeUp(): Promise<void> {
    const { store, clock } = this.#deps
    clock.clearTimeout(this.#timer)
    const now = clock.now()
    let next: number | null = now + SETTLE_AGAIN
    try {
      if (await this.#fillRoom(now)) next = await store.downloads.nextAt(now)
    } catch (error) {
      this.#unread(error)
    }
    // What found no room now is looked at when another is through.
    if (next === null || this.#stopped.signal.aborted) return
    this.#timer = clock.setTimeout(() => this.startDue(), Math.max(0, next - clock.now()))
  }

  /** Gives what room there is to one stream after the other, to each at most once. False if one of them could not be read. */
  async #fillRoom(now: number): Promise<boolean> {
    const { downloads } = this.#deps.store
    let all = true
    for (let listed = false; this.#running.size < AT_ONCE; ) {
      if (this.#turns.length === 0 && !listed) {
        this.#turns = await downloads.streamsDue(now)
        listed = true
      }
      const streamId = this.#turns.shift()
      if (streamId === undefined) break
      this.#over.clear()
      try {
        // As many as may be under way already.
        for (const one of await downloads.due(streamId, now, OF_ONE_SESSION)) this.#startIfRoom(one)
      } catch (error) {
        all = false
        this.#unread(error, { stream_id: streamId })
      }
    }
    return all
  }

  #unread(error: unknown, about: object = {}): void {
    if (!this.#stopped.signal.aborted) this.#deps.logger.error({ ...about, code: codeOf(error) }, UNREAD)
  }

  #startIfRoom(download: Download | DamagedDownload): void {
    const { sessionId, streamId, seq } = download
    const name = `${streamId}|${seq}`
    if (this.#deps.isHere?.(sessionId) === false) return
    if (this.#stopped.signal.aborted || this.#running.has(name) || this.#over.has(name)) return
    const others = [...this.#running.values()].filter(one => one.sessionId === sessionId)
    if (this.#running.size >= AT_ONCE || others.length >= OF_ONE_SESSION) return
    const work = this.#download(download).finally(() => {
      this.#running.delete(name)
      this.#over.add(name)
      this.startDue()
    })
    this.#running.set(name, { sessionId, work })
  }

  async #download(download: Download | DamagedDownload): Promise<void> {
    const { streamId, sessionId, seq, dedupeKey, at } = download
    const { store, clock, logger, onSettled } = this.#deps
    const outcome = 'damaged' in download ? DAMAGED : await this.#attempt(download, this.#stopped.signal)
    if (outcome === null) return
    if ('failed' in outcome)
      logger.warn(
        { session_id: sessionId, seq, error: outcome.error },
        'the media file of a message could not be downloaded and is not tried again',
      )
    try {
      await store.downloads.settle(streamId, seq, outcome)
      onSettled(messageDelivery(download, seq, dedupeKey, at).lane)
    } catch (error) {
      logger.error(
        { session_id: sessionId, seq, code: codeOf(error) },
        'the outcome of a download could not be stored',
      )
      await pause(clock, SETTLE_AGAIN, this.#stopped.signal)
    }
  }
}

const codeOf = (error: unknown) => (error instanceof GatewayError ? error.code : 'INTERNAL')
