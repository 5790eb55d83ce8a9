import { Readable } from 'node:stream'
import type { Logger } from '../../base/logger.ts'
import type { Bucket } from './bucket.ts'
import type { LocalFiles } from './local-files.ts'
import { s3Failure, wrongConfig } from './s3-failures.ts'

/**
 * Stores, looks at and removes a small object, so that what is not allowed is known before the first file. Rejects with BAD_CONFIG; a
 * server that is away is a line of the log, because sessions go on without media.
 */
export async function checkStart(options: {
  bucket: Bucket
  local: LocalFiles
  key: string
  place: string
  logger: Logger
}): Promise<void> {
  const { bucket, local, key, place, logger } = options
  const file = await local.spool(Readable.from([Buffer.from('whatsapp-manager\n')]), 100)
  try {
    await bucket.exists()
    await bucket.put(key, file)
    local.discard(await local.spool(bucket.read(key, { start: 0, end: file.size - 1 }), file.size))
    await bucket.remove(key)
  } catch (error) {
    const wrong = wrongConfig(place, error)
    if (wrong !== null) throw wrong
    logger.warn({ err: s3Failure(place, error) }, 'media cannot be stored for now: starting without')
  } finally {
    local.discard(file)
  }
}
