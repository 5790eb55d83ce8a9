import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { MediaStore, MediaTable } from '../ports/media/media-store.ts'
import { openMediaStore } from './media-store.ts'

/** Where media are kept: MEDIA_URL; null: in DATA_DIR. `prefix` has no slash at its ends; `folder` is absolute. */
export type MediaPlace = { bucket: string; prefix: string } | { folder: string } | null

export async function createMediaStore(
  options: { url: MediaPlace; region: string | null; endpoint: string | null },
  parts: {
    dataDir: string
    clock: Clock
    logger: Logger
    table: Pick<MediaTable, 'isComplete' | 'unusedSince' | 'changed'>
  },
): Promise<MediaStore> {
  const { url, region, endpoint } = options
  if (url === null) return openMediaStore(parts)
  if ('folder' in url) return openMediaStore({ ...parts, sharedFolder: url.folder })
  // The client of AWS takes a while to load, and some MB: only for those who use it.
  const { openS3MediaStore } = await import('./s3/s3-media-store.ts')
  return openS3MediaStore({ url, region, endpoint, ...parts })
}
