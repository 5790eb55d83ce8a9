import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { BUCKET, createS3Server, KEYS } from './s3-server.ts'

const run = promisify(execFile)
const STORE = new URL('../../../src/media/s3/s3-media-store.ts', import.meta.url).href
const MB = 1024 * 1024

it('the memory of a process does not grow by a file of 64 MB going into a bucket and out', {
  timeout: 90_000,
}, async () => {
  const server = await createS3Server()
  const dataDir = mkdtempSync(join(tmpdir(), 's3-memory-'))
  // A process of its own, because this one's heap is everybody's; garbage is swept as it comes, so that what grows is held.
  const script = `
    import { createHash } from 'node:crypto'
    import { openS3MediaStore } from '${STORE}'
    const open = () => openS3MediaStore({
      url: { bucket: '${BUCKET}', prefix: '' }, region: null, endpoint: '${server.url}', dataDir: '${dataDir}',
      clock: { now: Date.now, setTimeout, clearTimeout }, logger: { warn() {} }, table: { changed: async () => {} },
    })
    async function* source(blocks) {
      for (let i = 0; i < blocks; i++) {
        const block = Buffer.alloc(64 * 1024)
        block.writeUInt32LE(i)
        yield block
      }
    }
    let peak = 0
    let seen = 0
    async function* watched(stream) {
      for await (const chunk of stream) {
        seen += chunk.length
        if (seen > 2 * 1024 * 1024) {
          gc()
          seen = 0
        }
        peak = Math.max(peak, process.memoryUsage.rss())
        yield chunk
      }
    }
    async function round(blocks) {
      const { id, size } = await (await open()).put(watched(source(blocks)), { maxBytes: 64 * 1024 * 1024 })
      const hash = createHash('sha256')
      for await (const chunk of watched((await (await open()).open(id)).stream)) hash.update(chunk)
      return { size, same: hash.digest('hex') === id }
    }
    const timer = setInterval(() => { peak = Math.max(peak, process.memoryUsage.rss()) }, 20)
    await round(64)
    gc()
    const before = peak = process.memoryUsage.rss()
    process.stdout.write(JSON.stringify({ ...(await round(1024)), growth: peak - before }))
    clearInterval(timer)
    process.exit()
  `
  try {
    const program = ['--expose-gc', '--input-type=module', '-e', script]
    const { stdout } = await run(process.execPath, program, { env: { ...process.env, ...KEYS } })
    const { size, same, growth } = JSON.parse(stdout)
    expect({ size, same }).toEqual({ size: 64 * MB, same: true })
    expect(growth).toBeLessThan(32 * MB)
  } finally {
    await server.close()
    rmSync(dataDir, { recursive: true })
  }
})
