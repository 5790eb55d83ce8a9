import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, rmdir, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openMediaStore } from '../../src/media/media-store.ts'
import type { MediaStore } from '../../src/ports/media/media-store.ts'
import { createTestClock, type TestClock } from '../base/clock.ts'
import { createMediaTable } from './media-table.ts'
import { chunks, mediaStoreContract, read } from './store-contract.ts'

const run = promisify(execFile)
const STORE = new URL('../../src/media/media-store.ts', import.meta.url).href
const LIMITS = { maxBytes: 1024 * 1024 }

let dataDir: string
let clock: TestClock
let store: MediaStore

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'media-store-'))
  clock = createTestClock()
  store = openMediaStore({ dataDir, clock, table: createMediaTable() })
})

afterEach(() => rm(dataDir, { recursive: true, force: true }))

/** Every file of a folder, from there. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
}
const files = () => filesIn(join(dataDir, 'media'))
const pathOf = (id: string) => join(dataDir, 'media', id.slice(0, 2), id)

async function beginDisk(shared: boolean) {
  const folder = await mkdtemp(join(tmpdir(), 'media-store-'))
  const clock = createTestClock()
  const root = shared ? folder : join(folder, 'media')
  const again = async () => {
    const table = createMediaTable()
    const place = shared ? { dataDir: '/nowhere', sharedFolder: folder } : { dataDir: folder }
    return { table, store: openMediaStore({ ...place, clock, table }) }
  }
  return {
    ...(await again()),
    clock,
    again,
    kept: () => filesIn(root),
    async write(name: string, bytes: string) {
      await mkdir(dirname(join(root, name)), { recursive: true })
      await writeFile(join(root, name), bytes)
    },
    end: () => rm(folder, { recursive: true, force: true }),
  }
}

mediaStoreContract('a data directory', () => beginDisk(false))
mediaStoreContract('a folder that all nodes mount', () => beginDisk(true))

describe('on a disk', () => {
  it('makes files that only their owner can read', async () => {
    const path = pathOf((await store.put(chunks('secret'), LIMITS)).id)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    for (const folder of [join(dataDir, 'media'), join(dataDir, 'media/tmp'), join(path, '..')])
      expect((await stat(folder)).mode & 0o777).toBe(0o700)
  })

  it('reads the first byte alone, too', async () => {
    const { id } = await store.put(chunks('0123456789'), LIMITS)
    expect(await read((await store.open(id, { start: 0, end: 0 }))!.stream)).toBe('0')
  })

  it('follows no link and opens no folder', async () => {
    const [link, folder] = ['ab'.repeat(32), 'cd'.repeat(32)]
    await writeFile(join(dataDir, 'outside'), 'outside')
    await mkdir(join(dataDir, 'media/ab'))
    await symlink(join(dataDir, 'outside'), join(dataDir, 'media/ab', link))
    await mkdir(join(dataDir, 'media/cd', folder), { recursive: true })
    expect(await store.open(link)).toBeNull()
    expect(await store.open(folder)).toBeNull()
  })

  it('removes the others when one cannot be removed, which is tried again a day later', async () => {
    const stuck = pathOf((await store.put(chunks('stuck'), LIMITS)).id)
    for (const text of ['a', 'b', 'c']) await store.put(chunks(text), LIMITS)
    await rm(stuck)
    await mkdir(stuck)
    await utimes(stuck, 1, 1)
    await clock.advance(1_000)
    const before = clock.now()
    const steps = []
    for (let n = 0; n < 4; n++) steps.push(await store.prune(before, 2))
    expect(steps.reduce((sum, { removed }) => sum + removed, 0)).toBe(3)
    expect(steps.flatMap(({ failed }) => (failed === null ? [] : [failed.code]))).toEqual([
      'MEDIA_STORE_FAILED',
    ])
    await rmdir(stuck)
    expect(await store.prune(before + 86_400_001, 2)).toMatchObject({ removed: 1, failed: null })
  })

  it('looks at no file that was stored since, however many there are, and once at one that was opened', async () => {
    const table = createMediaTable()
    store = openMediaStore({ dataDir, clock, table })
    const { id } = await store.put(chunks('opened'), LIMITS)
    await clock.advance(1_000)
    const before = clock.now()
    ;(await store.open(id))!.stream.destroy()
    await store.put(chunks('new'), LIMITS)
    expect(await table.unusedSince(before, 9)).toEqual([id])
    expect(await store.prune(before, 100)).toMatchObject({ removed: 0, more: false })
    expect(await table.unusedSince(before, 9)).toEqual([])
  })

  it('takes the time of a file that another program has copied, which is finer than a millisecond', async () => {
    const table = createMediaTable()
    store = openMediaStore({ dataDir, clock, table })
    const path = pathOf((await store.put(chunks('copied'), LIMITS)).id)
    await clock.advance(1_000)
    const before = clock.now()
    await utimes(path, (before + 5.25) / 1000, (before + 5.25) / 1000)
    expect(await store.prune(before, 100)).toMatchObject({ removed: 0, more: false })
    expect([...table.files.values()]).toEqual([before + 5])
  })
})

describe('a folder that all nodes mount', () => {
  it('keeps what others are writing and removing when a node starts, not what nobody has written on for a day', async () => {
    const shared = () =>
      openMediaStore({ dataDir: '/nowhere', sharedFolder: dataDir, clock, table: createMediaTable() })
    await rm(join(dataDir, 'media'), { recursive: true })
    shared()
    const aside = `aside/${'ab'.repeat(32)}`
    for (const name of ['tmp/new', 'tmp/old', aside]) await writeFile(join(dataDir, name), 'x')
    const old = Date.now() / 1000 - 2 * 86_400
    for (const name of ['tmp/old', aside]) await utimes(join(dataDir, name), old, old)
    shared()
    expect((await filesIn(dataDir)).sort()).toEqual([aside, 'tmp/new'])
  })

  it('is named in the error where it cannot be used', async () => {
    await writeFile(join(dataDir, 'file'), '')
    const sharedFolder = join(dataDir, 'file')
    expect(() => openMediaStore({ dataDir, sharedFolder, clock, table: createMediaTable() })).toThrow(
      'Media cannot be kept in the folder of MEDIA_URL',
    )
  })
})

describe('failures of the media store', () => {
  it('half-written files of a crash are gone after the next start, files stay', async () => {
    const { id } = await store.put(chunks('kept'), LIMITS)
    await writeFile(join(dataDir, 'media/tmp/0123'), 'half')
    store = openMediaStore({ dataDir, clock, table: createMediaTable() })
    expect(await files()).toEqual([`${id.slice(0, 2)}/${id}`])
    expect(await read((await store.open(id))!.stream)).toBe('kept')
  })

  it('a full disk is named in the error, and nothing half-written stays', async () => {
    // The system itself refuses: no file of this process may grow beyond 64 KiB.
    const script = `
      import { openMediaStore } from '${STORE}'
      const store = openMediaStore({ dataDir: '${dataDir}', clock: { now: () => 0 }, table: { changed: async () => {} } })
      async function* source() { for (let i = 0; i < 8; i++) yield new Uint8Array(16 * 1024) }
      const error = await store.put(source(), { maxBytes: 1e9 }).catch(error => error)
      process.stdout.write(JSON.stringify({ code: error.code, message: error.message, retryable: error.retryable }))
    `
    const command = 'ulimit -f 64; exec "$0" --input-type=module -e "$1"'
    const { stdout } = await run('bash', ['-c', command, process.execPath, script])
    expect(JSON.parse(stdout)).toEqual({
      code: 'MEDIA_STORE_FAILED',
      message: 'There is no room for media in DATA_DIR (EFBIG): free space on its disk',
      retryable: true,
    })
    expect(await files()).toEqual([])
  })

  it('a data directory that cannot be used is named in the error', async () => {
    await writeFile(join(dataDir, 'file'), '')
    expect(() =>
      openMediaStore({ dataDir: join(dataDir, 'file'), clock, table: createMediaTable() }),
    ).toThrow(expect.objectContaining({ code: 'MEDIA_STORE_FAILED' }))
  })
})

describe('the memory of the media store', () => {
  it('does not grow by a file of 64 MB going in and out', async () => {
    // A process of its own, because this one's heap is everybody's; garbage is swept as it comes, so that what grows is held.
    const script = `
      import { createHash } from 'node:crypto'
      import { openMediaStore } from '${STORE}'
      const store = openMediaStore({ dataDir: '${dataDir}', clock: { now: () => 0 }, table: { changed: async () => {} } })
      async function* source(blocks) {
        for (let i = 0; i < blocks; i++) {
          const block = Buffer.alloc(64 * 1024)
          block.writeUInt32LE(i)
          yield block
        }
      }
      let peak = 0
      let seen = 0
      function watch(size) {
        if ((seen += size) % (2 * 1024 * 1024) === 0) gc()
        peak = Math.max(peak, process.memoryUsage.rss())
      }
      async function* watched(stream) {
        for await (const chunk of stream) {
          watch(chunk.length)
          yield chunk
        }
      }
      async function round(blocks) {
        const { id, size } = await store.put(watched(source(blocks)), { maxBytes: 64 * 1024 * 1024 })
        const hash = createHash('sha256')
        for await (const chunk of watched((await store.open(id)).stream)) hash.update(chunk)
        return { size, same: hash.digest('hex') === id }
      }
      await round(64)
      gc()
      const before = peak = process.memoryUsage.rss()
      process.stdout.write(JSON.stringify({ ...(await round(1024)), growth: peak - before }))
    `
    const { stdout } = await run(process.execPath, ['--expose-gc', '--input-type=module', '-e', script])
    const { size, same, growth } = JSON.parse(stdout)
    expect({ size, same }).toEqual({ size: 64 * 1024 * 1024, same: true })
    expect(growth).toBeLessThan(20 * 1024 * 1024)
  })
})
