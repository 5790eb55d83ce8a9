import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import type { Clock } from '../../base/clock.ts'
import type { Range } from '../file-parts.ts'
import type { Spooled } from './local-files.ts'
import { createPatience, withPatience } from './patience.ts'
import { isAbsent, WrongBytes } from './s3-failures.ts'

const CONNECTIONS = 64

/** In ms: how long a server may take to accept a connection, or say nothing on one, and how long it is tried again after it failed. */
export interface Timing {
  connect: number
  silence: number
  again: number
}

/** Together less than SHUTDOWN_GRACE_MS. */
const TIMING: Timing = { connect: 3_000, silence: 8_000, again: 6_000 }

export interface BucketOptions {
  name: string
  /** AWS_REGION; null: as AWS's shared configuration has it. */
  region: string | null
  /** AWS_ENDPOINT_URL_S3; null: AWS itself. */
  endpoint: string | null
  clock: Clock
  timing?: Timing | undefined
}

export interface BucketObject {
  key: string
  size: number
  /** When it was stored, by the server's clock, in ms. */
  modifiedAt: number
}

export type Bucket = ReturnType<typeof openBucket>

/**
 * Objects of one bucket by key, with what S3 promises: a put is whole or not at all, and durable when it is answered. The key and the
 * secret are taken from where AWS's tools have them (environment, shared files, the machine's role). Everything is tried again for some
 * seconds, then rejects as the client of AWS does.
 */
export function openBucket({ name: Bucket, region, endpoint, clock, timing = TIMING }: BucketOptions) {
  const client = new S3Client({
    ...(region !== null && { region }),
    // Other servers know neither regions nor hosts that are named after buckets.
    ...(endpoint !== null && { endpoint, region: region ?? 'us-east-1', forcePathStyle: true }),
    followRegionRedirects: true,
    maxAttempts: 1,
    // Not all servers know the newer checksums, all know Content-MD5.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: timing.connect,
      socketTimeout: timing.silence,
      httpAgent: { keepAlive: true, maxSockets: CONNECTIONS },
      httpsAgent: { keepAlive: true, maxSockets: CONNECTIONS },
    },
  })

  const patience = () => createPatience(clock, timing.again)

  async function head(Key: string): Promise<{ size: number; etag: string } | null> {
    try {
      const found = await withPatience(patience(), () => client.send(new HeadObjectCommand({ Bucket, Key })))
      return { size: found.ContentLength ?? 0, etag: found.ETag ?? '' }
    } catch (error) {
      if (isAbsent(error)) return null
      throw error
    }
  }

  return {
    head,

    /** Rejects unless the bucket is there and may be looked at. */
    async exists(): Promise<void> {
      await withPatience(patience(), () => client.send(new HeadBucketCommand({ Bucket })))
    },

    /** Also in place of what is there already; the server compares the MD5. */
    async put(Key: string, { path, size, md5 }: Spooled): Promise<void> {
      const ContentMD5 = Buffer.from(md5, 'hex').toString('base64')
      await withPatience(patience(), async () => {
        const Body = size === 0 ? '' : createReadStream(path)
        try {
          await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentLength: size, ContentMD5 }))
        } finally {
          if (typeof Body !== 'string') Body.destroy()
        }
      })
    },

    /** What breaks off goes on where it was. Rejects with WrongBytes where the server gives another number of bytes. */
    async *read(Key: string, { start, end }: Range): AsyncGenerator<Buffer> {
      const waiting = patience()
      for (let at = start; at <= end; ) {
        let given = false
        try {
          const range = { Bucket, Key, Range: `bytes=${at}-${end}` }
          const { Body, ContentLength } = await client.send(new GetObjectCommand(range))
          const bytes = Body as Readable
          if (ContentLength !== end - at + 1) {
            bytes.destroy()
            throw new WrongBytes('WrongLength')
          }
          for await (const piece of bytes as AsyncIterable<Buffer>) {
            at += piece.length
            waiting.progress()
            given = true
            yield piece
            given = false
          }
          if (at <= end) throw new WrongBytes('CutOff')
        } catch (error) {
          // Whoever reads has thrown it.
          if (given) throw error
          await waiting.after(error)
        }
      }
    },

    /** Whether there is such an object. */
    async copy(from: string, Key: string): Promise<boolean> {
      const CopySource = encodeURI(`${Bucket}/${from}`)
      try {
        await withPatience(patience(), () => client.send(new CopyObjectCommand({ Bucket, Key, CopySource })))
        return true
      } catch (error) {
        if (isAbsent(error)) return false
        throw error
      }
    },

    /** Also where there is none. */
    async remove(Key: string): Promise<void> {
      await withPatience(patience(), () => client.send(new DeleteObjectCommand({ Bucket, Key })))
    },

    /** All of a prefix, a thousand a page. */
    async *list(Prefix: string): AsyncGenerator<BucketObject[]> {
      for (let ContinuationToken: string | undefined, more = true; more; ) {
        const page: { Bucket: string; Prefix: string; ContinuationToken?: string } = { Bucket, Prefix }
        if (ContinuationToken !== undefined) page.ContinuationToken = ContinuationToken
        const found = await withPatience(patience(), () => client.send(new ListObjectsV2Command(page)))
        yield (found.Contents ?? []).map(one => ({
          key: one.Key ?? '',
          size: one.Size ?? 0,
          modifiedAt: one.LastModified?.getTime() ?? 0,
        }))
        ContinuationToken = found.NextContinuationToken
        more = found.IsTruncated === true && ContinuationToken !== undefined
      }
    },
  }
}
