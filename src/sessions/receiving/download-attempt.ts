import type { Clock } from '../../base/clock.ts'
import { GatewayError } from '../../base/errors.ts'
import type { Logger } from '../../base/logger.ts'
import type { MediaSource } from '../../messages/message-ref.ts'
import type { Download, DownloadOutcome } from '../../ports/download-table.ts'
import type { MediaStore } from '../../ports/media/media-store.ts'
import type { ChatActions, WhatsApp } from '../../ports/whatsapp.ts'

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

export interface AttemptDeps {
  whatsapp: Pick<WhatsApp, 'download'>
  files: Pick<MediaStore, 'put'>
  /** What can be asked of the session's phone now; null while it is not connected. */
  chatsOf(sessionId: string): Pick<ChatActions, 'reupload'> | null
  /** MEDIA_MAX_MB in bytes: what is larger is not fetched. */
  maxBytes: number
  clock: Clock
  logger: Logger
}

/** One attempt to bring the file of a received message into the media store. Never rejects; null when `stopped` ended it. */
export function createDownloadAttempt({ whatsapp, files, chatsOf, maxBytes, clock, logger }: AttemptDeps) {
  async function fetch(source: MediaSource, signal: AbortSignal): Promise<void> {
    const most = source.size > 0 ? Math.min(maxBytes, source.size + MAX_EXTRA_BYTES) : maxBytes
    const { id } = await files.put(whatsapp.download(source, signal), { maxBytes: most })
    if (id !== source.id) throw new GatewayError('MEDIA_CORRUPT', 'The file is not the one that was sent.')
  }

  /** Asks the phone for a file that WhatsApp has no more. Rejects with MEDIA_GONE, or retryable while it cannot be asked. */
  function reupload({ sessionId, message, source }: Download): Promise<MediaSource> {
    const chats = chatsOf(sessionId)
    if (chats !== null) return chats.reupload(message, source)
    const sentence =
      'WhatsApp has this file no more, and the phone cannot be asked while the session is not connected.'
    return Promise.reject(new GatewayError('SESSION_NOT_CONNECTED', sentence))
  }

  function outcomeOfError(download: Download, thrown: unknown, source: MediaSource): DownloadOutcome {
    const known = thrown instanceof GatewayError
    const error = known ? thrown.message : 'The file could not be downloaded.'
    const code = codeOf(thrown)
    const tries = download.attempts + 1
    const forGood =
      code === 'MEDIA_GONE' ||
      code === 'MEDIA_TOO_LARGE' ||
      (code === 'MEDIA_CORRUPT' && tries >= CORRUPT_TRIES)
    if (forGood) return { failed: true, error }
    const retryAt = clock.now() + (DELAYS[download.attempts] ?? LONGEST)
    if (retryAt > download.at + LIFETIME)
      return { failed: true, error: `${error} It was tried for 24 hours.` }
    return { retryAt, error, ...(source !== download.source && { source }) }
  }

  return async function attempt(download: Download, stopped: AbortSignal): Promise<DownloadOutcome | null> {
    let { source } = download
    if (source.size > maxBytes)
      return { failed: true, error: `The file is larger than ${maxBytes / MB} MB (MEDIA_MAX_MB).` }
    const tooLong = new AbortController()
    const abort = () => tooLong.abort()
    const timer = clock.setTimeout(abort, ATTEMPT_TIMEOUT)
    stopped.addEventListener('abort', abort, { once: true })
    try {
      try {
        await fetch(source, tooLong.signal)
      } catch (error) {
        if (codeOf(error) !== 'MEDIA_GONE' || stopped.aborted) throw error
        source = await reupload(download)
        await fetch(source, tooLong.signal)
      }
      return { done: true }
    } catch (error) {
      if (stopped.aborted) return null
      if (!(error instanceof GatewayError))
        logger.error(
          { session_id: download.sessionId, seq: download.seq, err: error },
          'a download failed with an unexpected error',
        )
      return outcomeOfError(download, error, source)
    } finally {
      clock.clearTimeout(timer)
      stopped.removeEventListener('abort', abort)
    }
  }
}

const codeOf = (error: unknown) => (error instanceof GatewayError ? error.code : 'INTERNAL')
