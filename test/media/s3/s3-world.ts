import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, createClock } from '../../../src/base/clock.ts'
import { createLogger } from '../../../src/base/logger.ts'
import { openS3MediaStore } from '../../../src/media/s3/s3-media-store.ts'
import { createMediaTable } from '../media-table.ts'
import { BUCKET, createS3Server, KEYS, type S3Server } from './s3-server.ts'

/** A server, and stores that keep files in it under `prefix`, each with a folder of its own, as nodes have. */
export async function createS3World(clock: Clock = createClock()) {
  Object.assign(process.env, KEYS)
  const server: S3Server = await createS3Server()
  const folders: string[] = []
  const lines: string[] = []
  const logger = createLogger({ level: 'trace', format: 'json' }, { write: line => void lines.push(line) })
  return {
    server,
    /** What was logged. */
    lines,
    async open({
      endpoint = server.url,
      prefix = 'some/where',
      bucket = BUCKET,
      table = createMediaTable(),
      timing = { connect: 2_000, silence: 2_000, again: 2_000 },
    } = {}) {
      const dataDir = await mkdtemp(join(tmpdir(), 's3-node-'))
      folders.push(dataDir)
      const store = await openS3MediaStore({
        ...{ url: { bucket, prefix }, region: null, endpoint, dataDir, clock, logger, table, timing },
      })
      return { store, table, dataDir }
    },
    keys: () => server.keys('some/where/'),
    async close() {
      await server.close()
      for (const folder of folders) await rm(folder, { recursive: true, force: true })
    },
  }
}

export type S3World = Awaited<ReturnType<typeof createS3World>>
