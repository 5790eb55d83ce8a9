import { completeMessage, type ReceivedMedia } from '../messages/received.ts'
import type { DeliveryRow } from '../ports/delivery-table.ts'
import type { MediaServer } from '../ports/media/media-server.ts'

/** What deliveries must know of the files in messages. */
export interface DeliveredFiles extends Pick<MediaServer, 'linkTo' | 'has'> {
  /** How long a delivery waits for its file after it was made, in ms. */
  waitMs: number
}

/** Until when a delivery waits for its file, at most; 0 if it does not, as one that was made before the clock was set back. */
export function fileDueAt({ download, at }: DeliveryRow, now: number, waitMs: number): number {
  return download?.state === 'pending' && at <= now ? at + waitMs : 0
}

/** What Laravel gets in this attempt: a link signed now, and what became of the file. */
export async function payloadOf(
  { kind, payload, download }: DeliveryRow,
  files: DeliveredFiles | undefined,
): Promise<Record<string, unknown>> {
  if (kind !== 'messages') return payload
  const message = completeMessage(payload)
  const media = payload.media as ReceivedMedia | null | undefined
  if (!media || files === undefined) return message
  const error = download?.state === 'done' && (await files.has(media.id)) ? null : missingBecause(download)
  const { ptt = null } = media
  return { ...message, media: { ...media, ptt, url: files.linkTo(media.id), error } }
}

function missingBecause(download: DeliveryRow['download']): string {
  if (download?.state === 'pending') return `not downloaded yet: ${download.error ?? 'it is on its way'}`
  if (download?.state === 'failed') return download.error ?? 'The file could not be downloaded.'
  return 'The file is not kept any more.'
}
