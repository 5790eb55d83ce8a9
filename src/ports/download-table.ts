import type { MediaSource, MessageRef } from '../messages/message-ref.ts'

/** Files of received messages on their way into the media store. */
export interface DownloadTable {
  /** Streams with something pending that is due. */
  streamsDue(now: number): Promise<string[]>
  /** What is pending and due of one stream, oldest first. */
  due(streamId: string, now: number, limit: number): Promise<(Download | DamagedDownload)[]>
  /** Whether a stream has pending ones, due or not. */
  hasPending(streamId: string): Promise<boolean>
  /** When the first pending one is due that is not by `after`, or null. */
  nextAt(after: number): Promise<number | null>
  /** Records what came of an attempt; a session that is gone is no error. */
  settle(streamId: string, seq: number, outcome: DownloadOutcome): Promise<void>
  /** What a file is, and what it is called, by its id; null if no message has it. */
  describe(mediaId: string): Promise<{ mimetype: string; filename: string | null } | null>
}

/** A file to be downloaded for a received message. */
export interface Download {
  streamId: string
  sessionId: string
  /** The message's. */
  seq: number
  message: MessageRef
  /** The message's, which tells its lane. */
  dedupeKey: string
  source: MediaSource
  attempts: number
  nextAt: number
  at: number
}

/** One of which nobody can read what it is. */
export interface DamagedDownload extends Omit<Download, 'message' | 'source'> {
  damaged: true
}

export type DownloadOutcome =
  /** It is in the media store. */
  { done: true } | { retryAt: number; error: string; source?: MediaSource } | { failed: true; error: string }

/** How the file of a delivery stands. */
export interface DownloadState {
  state: 'pending' | 'done' | 'failed'
  error: string | null
}
