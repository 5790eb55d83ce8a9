import type { MediaContent, SendMedia } from '../../messages/send.ts'

/** Makes files ready to be sent: fetched, checked by their content, converted where WhatsApp wants it, and stored. */
export interface MediaPreparer {
  /** Stores bytes that came with a request. Rejects with MEDIA_TOO_LARGE. */
  keep(bytes: AsyncIterable<Uint8Array>): Promise<{ id: string; size: number }>
  /** Rejects with MEDIA_…, each a sentence for the caller. */
  prepare(content: MediaContent): Promise<SendMedia>
}
