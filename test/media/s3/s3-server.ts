import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import S3rver from '@20minutes/s3rver'

/** What the server takes. */
export const KEYS = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' }
export const BUCKET = 'media'

export interface S3Server {
  port: number
  url: string
  /** Keys of the bucket that begin so, without it. */
  keys(prefix?: string): Promise<string[]>
  /** Puts an object there by hand. */
  write(key: string, bytes: string): Promise<void>
  /** When it was stored, in ms; `age` makes it so many seconds older. */
  changedAt(key: string): Promise<number>
  age(key: string, seconds: number): Promise<void>
  /** Ends it; what it has stays. */
  stop(): Promise<void>
  /** On the same port. */
  start(): Promise<void>
  close(): Promise<void>
}

/** S3rver takes the slash behind a bucket's name for none, and with it the signatures of what is asked of the bucket itself. */
const trustBucketRequests: S3rver['middleware'][number] = (context, next) => {
  if (/^\/[^/]+\/$/.test(context.path))
    context.app = Object.create(context.app, { allowMismatchedSignatures: { value: true } })
  return next()
}

/** S3 by others (the package @20minutes/s3rver), with one bucket, in a temporary folder, on 127.0.0.1. It checks signatures. */
export async function createS3Server(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 's3-'))
  const fileOf = (key: string) => join(directory, BUCKET, `${key}._S3rver_object`)
  let running: S3rver | null = null
  let port = 0

  const server: S3Server = {
    get port() {
      return port
    },
    get url() {
      return `http://127.0.0.1:${port}`
    },
    async keys(prefix = '') {
      const names = await readdir(join(directory, BUCKET), { recursive: true })
      const ending = '._S3rver_object'
      return names
        .filter(name => name.endsWith(ending))
        .map(name => name.slice(0, -ending.length))
        .filter(key => key.startsWith(prefix))
        .map(key => key.slice(prefix.length))
        .sort()
    },
    async write(key, bytes) {
      await mkdir(dirname(fileOf(key)), { recursive: true })
      await writeFile(`${fileOf(key)}.md5`, createHash('md5').update(bytes).digest('hex'))
      await writeFile(fileOf(key).replace(/object$/, 'metadata.json'), '{}')
      await writeFile(fileOf(key), bytes)
    },
    changedAt: async key => (await stat(fileOf(key))).mtimeMs,
    async age(key, seconds) {
      const at = Date.now() / 1000 - seconds
      await utimes(fileOf(key), at, at)
    },
    async start() {
      running = new S3rver({
        ...{ port, address: '127.0.0.1', silent: true, directory },
        configureBuckets: [{ name: BUCKET, configs: [] }],
      })
      running.middleware.unshift(trustBucketRequests)
      ;({ port } = await running.run())
    },
    async stop() {
      await running?.close()
      running = null
    },
    async close() {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
  await server.start()
  return server
}
