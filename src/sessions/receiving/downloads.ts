import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import { pause } from '../../base/pause.ts'
import type { MediaSource } from '../../messages/message-ref.ts'
import type { DamagedDownload, Download, DownloadOutcome } from '../../ports/download-table.ts'
import type { MediaStore } from '../../ports/media/media-store.ts'
import type { Store } from '../../ports/store.ts'
import type { ChatActions, WhatsApp } from '../../ports/whatsapp.ts'
import { messageDelivery } from './message-delivery.ts'

/** Files on their way at once, and of one session: one whose files hang leaves room for others. */
const AT_ONCE = 16
const OF_ONE_SESSION = 4

const MB = 1024 * 1024
/** What a file may have beyond the size that its sender announced. */
const MAX_EXTRA_BYTES = 64 * 1024

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DELAYS = [SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE]
const LONGEST = HOUR
/** No file is tried for longer: by then its message is old news. */
const LIFETIME = 24 * HOUR
/** A peer that sends a byte now and then must not hold its place for ever. */
const ATTEMPT_TIMEOUT = 15 * MINUTE
/** A file that is not the one that was sent may come right at the next try; after so many it is what it is. */
const CORRUPT_TRIES = 3
const SETTLE_AGAIN = 5 * SECOND
const DAMAGED: DownloadOutcome = { failed: true, error: 'The stored row of this file cannot be read.' }
const UNREAD = 'the media files to download could not be read from the store'

export interface DownloadDeps {
  store: { downloads: Store['downloads'] }
  whatsapp: Pick<WhatsApp, 'download'>
  files: Pick<MediaStore, 'put'>
  /** What can be asked of the session's phone now; null while it is not connected. */
  chatsOf(sessionId: string): Pick<ChatActions, 'reupload'> | null
  /** Something became of a file: the delivery of its message may wait for it. */
  onSettled(lane: string): void
  /** MEDIA_MAX_MB in bytes: what is larger is not fetched. */
  maxBytes: number
  clock: Clock
  logger: Logger
}

/** Brings the files of received messages into the media store. The table of downloads is the truth: a crash loses nothing. */
export class Downloads {
  readonly #deps: DownloadDeps
  /** By stream and seq: the work, and whose it is. */
  readonly #running = new Map<string, { sessionId: string; work: Promise<void> }>()
  readonly #stopped = new AbortController()
  /** Streams whose turn comes, so that one with many files holds up no other. */
  #turns: string[] = []
  #timer: unknown = null

  constructor(deps: DownloadDeps) {
    this.#deps = deps
  }

  /** Takes up what is due; to be called at the start, and when a download was added. */
  startDue(): void {
    if (this.#stopped.signal.aborted) return
    const { store, clock, logger } = this.#deps
    clock.clearTimeout(this.#timer)
    const now = clock.now()
    let next: number | null = now + SETTLE_AGAIN
    try {
      if (this.#fillRoom(now)) next = store.downloads.nextAt(now)
    } catch (error) {
      logger.error({ code: codeOf(error) }, UNREAD)
    }
    // What found no room now is looked at when another is through.
    if (next !== null) this.#timer = clock.setTimeout(() => this.startDue(), next - now)
  }

  /** Ends what is under way; it is taken up again at the next start. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#deps.clock.clearTimeout(this.#timer)
    await Promise.all([...this.#running.values()].map(({ work }) => work))
  }

  /** Gives what room there is to one stream after the other, to each at most once. False if one of them could not be read. */
  #fillRoom(now: number): boolean {
    const { downloads } = this.#deps.store
    let all = true
    for (let listed = false; this.#running.size < AT_ONCE; ) {
      if (this.#turns.length === 0 && !listed) {
        this.#turns = downloads.streamsDue(now)
        listed = true
      }
      const streamId = this.#turns.shift()
      if (streamId === undefined) break
      try {
        // As many as may be under way already.
        for (const one of downloads.due(streamId, now, OF_ONE_SESSION)) this.#startIfRoom(one)
      } catch (error) {
        all = false
        this.#deps.logger.error({ stream_id: streamId, code: codeOf(error) }, UNREAD)
      }
    }
    return all
  }

  #startIfRoom(download: Download | DamagedDownload): void {
    const { sessionId, streamId, seq } = download
    const name = `${streamId}|${seq}`
    const others = [...this.#running.values()].filter(one => one.sessionId === sessionId)
    if (this.#running.size >= AT_ONCE || others.length >= OF_ONE_SESSION || this.#running.has(name)) return
    const work = this.#download(download).finally(() => {
      this.#running.delete(name)
      this.startDue()
    })
    this.#running.set(name, { sessionId, work })
  }

  async #download(download: Download | DamagedDownload): Promise<void> {
    const { streamId, sessionId, seq, dedupeKey, at } = download
    const { store, clock, logger, onSettled } = this.#deps
    const outcome = 'damaged' in download ? DAMAGED : await this.#attempt(download)
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

  /** Never rejects; null when it was ended by `stop`. */
  async #attempt(download: Download): Promise<DownloadOutcome | null> {
    const { clock, logger, maxBytes } = this.#deps
    let { source } = download
    if (source.size > maxBytes)
      return { failed: true, error: `The file is larger than ${maxBytes / MB} MB (MEDIA_MAX_MB).` }
    const attempt = new AbortController()
    const abort = () => attempt.abort()
    const timer = clock.setTimeout(abort, ATTEMPT_TIMEOUT)
    this.#stopped.signal.addEventListener('abort', abort, { once: true })
    try {
      try {
        await this.#fetch(source, attempt.signal)
      } catch (error) {
        if (codeOf(error) !== 'MEDIA_GONE' || this.#stopped.signal.aborted) throw error
        source = await this.#reupload(download)
        await this.#fetch(source, attempt.signal)
      }
      return { done: true }
    } catch (error) {
      if (this.#stopped.signal.aborted) return null
      if (!(error instanceof GatewayError))
        logger.error(
          { session_id: download.sessionId, seq: download.seq, err: error },
          'a download failed with an unexpected error',
        )
      return this.#outcomeOfError(download, error, source)
    } finally {
      clock.clearTimeout(timer)
      this.#stopped.signal.removeEventListener('abort', abort)
    }
  }

  async #fetch(source: MediaSource, signal: AbortSignal): Promise<void> {
    const { whatsapp, files, maxBytes: most } = this.#deps
    const maxBytes = source.size > 0 ? Math.min(most, source.size + MAX_EXTRA_BYTES) : most
    const { id } = await files.put(whatsapp.download(source, signal), { maxBytes })
    if (id !== source.id) throw new GatewayError('MEDIA_CORRUPT', 'The file is not the one that was sent.')
  }

  /** Asks the phone for a file that WhatsApp has no more. Rejects with MEDIA_GONE, or retryable while it cannot be asked. */
  #reupload({ sessionId, message, source }: Download): Promise<MediaSource> {
    const chats = this.#deps.chatsOf(sessionId)
    if (chats !== null) return chats.reupload(message, source)
    const sentence =
      'WhatsApp has this file no more, and the phone cannot be asked while the session is not connected.'
    return Promise.reject(new GatewayError('SESSION_NOT_CONNECTED', sentence))
  }

  #outcomeOfError(download: Download, thrown: unknown, source: MediaSource): DownloadOutcome {
    const known = thrown instanceof GatewayError
    const error = known ? thrown.message : 'The file could not be downloaded.'
    const code = codeOf(thrown)
    const tries = download.attempts + 1
    const forGood =
      code === 'MEDIA_GONE' ||
      code === 'MEDIA_TOO_LARGE' ||
      (code === 'MEDIA_CORRUPT' && tries >= CORRUPT_TRIES)
    if (forGood) return { failed: true, error }
    const now = this.#deps.clock.now()
    const retryAt = now + (DELAYS[download.attempts] ?? LONGEST)
    if (retryAt > download.at + LIFETIME)
      return { failed: true, error: `${error} It was tried for 24 hours.` }
    return { retryAt, error, ...(source !== download.source && { source }) }
  }
}

const codeOf = (error: unknown) => (error instanceof GatewayError ? error.code : 'INTERNAL')
