import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  rmdir,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openMediaStore } from '../../src/media/media-store.ts'
import type { MediaStore } from '../../src/ports/media/media-store.ts'
import { createTestClock, type TestClock } from '../base/clock.ts'
import { createMediaTable } from './media-table.ts'

const run = promisify(execFile)
const STORE = new URL('../../src/media/media-store.ts', import.meta.url).href
const LIMITS = { maxBytes: 1024 * 1024 }
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

let dataDir: string
let clock: TestClock
let store: MediaStore

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'media-store-'))
  clock = createTestClock()
  store = openMediaStore({ dataDir, clock, table: createMediaTable() })
})

afterEach(() => rm(dataDir, { recursive: true, force: true }))

async function* chunks(...parts: (string | Uint8Array)[]) {
  for (const part of parts) yield Buffer.from(part)
}

async function read(stream: Readable): Promise<string> {
  return Buffer.concat(await stream.toArray()).toString()
}

/** Every file under `media`, from there. */
async function files(): Promise<string[]> {
  const entries = await readdir(join(dataDir, 'media'), { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(join(dataDir, 'media/').length))
}

describe('put', () => {
  it('names a file by its content, however it is cut into chunks', async () => {
    const put = await store.put(chunks('hello ', '', 'world'), LIMITS)
    const id = sha256('hello world')
    expect(put).toEqual({ id, size: 11, path: join(dataDir, 'media', id.slice(0, 2), id) })
    expect(await readFile(put.path, 'utf8')).toBe('hello world')
    expect(await files()).toEqual([`${id.slice(0, 2)}/${id}`])
  })

  it('stores the same content once, also when it comes twice at the same time', async () => {
    const puts = await Promise.all([1, 2, 3].map(() => store.put(chunks('same'), LIMITS)))
    expect(new Set(puts.map(({ id }) => id))).toEqual(new Set([sha256('same')]))
    expect(await files()).toHaveLength(1)
  })

  it('takes an empty file', async () => {
    const { id, size } = await store.put(chunks(), LIMITS)
    expect(size).toBe(0)
    const opened = await store.open(id)
    expect(opened?.size).toBe(0)
    expect(await read(opened!.stream)).toBe('')
  })

  it.each([
    [10, 10, true],
    [11, 10, false],
    [0, 0, true],
    [1, 0, false],
  ])('takes %i bytes with a limit of %i: %s', async (size, maxBytes, fits) => {
    const put = store.put(chunks(...Array.from({ length: size }, () => 'x')), { maxBytes })
    if (fits) await expect(put).resolves.toMatchObject({ size })
    else {
      await expect(put).rejects.toMatchObject({
        code: 'MEDIA_TOO_LARGE',
        message: `The file is larger than ${maxBytes} bytes`,
      })
      expect(await files()).toEqual([])
    }
  })

  it('stops an endless source at the limit, and closes it', async () => {
    let released = false
    async function* endless() {
      try {
        for (;;) yield Buffer.alloc(64 * 1024)
      } finally {
        released = true
      }
    }
    await expect(store.put(endless(), LIMITS)).rejects.toMatchObject({ code: 'MEDIA_TOO_LARGE' })
    expect(released).toBe(true)
    expect(await files()).toEqual([])
  })

  it('stores nothing of a source that fails, and rejects with its error', async () => {
    async function* broken() {
      yield Buffer.from('half')
      throw new Error('connection lost')
    }
    await expect(store.put(broken(), LIMITS)).rejects.toThrow('connection lost')
    expect(await files()).toEqual([])
  })

  it('makes files that only their owner can read', async () => {
    const { path } = await store.put(chunks('secret'), LIMITS)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    for (const folder of [join(dataDir, 'media'), join(dataDir, 'media/tmp'), join(path, '..')])
      expect((await stat(folder)).mode & 0o777).toBe(0o700)
  })

  it('replaces a damaged file', async () => {
    const { path } = await store.put(chunks('right'), LIMITS)
    await writeFile(path, 'wrong')
    await store.put(chunks('right'), LIMITS)
    expect(await readFile(path, 'utf8')).toBe('right')
  })
})

describe('open', () => {
  it.each([
    [{ start: 0, end: 0 }, '0'],
    [{ start: 3, end: 5 }, '345'],
    [{ start: 9, end: 9 }, '9'],
    [{ start: 0, end: 9 }, '0123456789'],
    [undefined, '0123456789'],
  ])('reads the range %j', async (range, text) => {
    const { id, path } = await store.put(chunks('0123456789'), LIMITS)
    const opened = await store.open(id, range)
    expect(opened).toMatchObject({ size: 10, path })
    expect(await read(opened!.stream)).toBe(text)
  })

  it.each([
    { start: 10, end: 10 },
    { start: 5, end: 4 },
    { start: -1, end: 4 },
    { start: 0, end: 10 },
    { start: Number.NaN, end: 4 },
  ])('refuses the range %j', async range => {
    const { id } = await store.put(chunks('0123456789'), LIMITS)
    await expect(store.open(id, range)).rejects.toThrow(RangeError)
  })

  it('goes on reading a file that is removed meanwhile', async () => {
    const { id } = await store.put(chunks('still here'), LIMITS)
    const opened = await store.open(id)
    expect(await store.remove(id)).toBe(true)
    expect(await read(opened!.stream)).toBe('still here')
    expect(await store.open(id)).toBeNull()
    expect(await store.remove(id)).toBe(false)
  })

  it.each([
    '',
    'ab',
    '../lock.sqlite',
    `../../${'a'.repeat(58)}`,
    `${'a'.repeat(62)}/.`,
    `${'a'.repeat(63)}\0`,
    `${'a'.repeat(64)}\n`,
    'A'.repeat(64),
    'g'.repeat(64),
    'a'.repeat(65),
    'a'.repeat(64),
  ])('answers null for the id %j', async id => {
    expect(await store.open(id)).toBeNull()
    expect(await store.remove(id)).toBe(false)
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
})

describe('prune', () => {
  it('removes what was neither stored nor opened since, and no more than the limit', async () => {
    const ids: string[] = []
    for (const text of ['a', 'b', 'c', 'd', 'e']) ids.push((await store.put(chunks(text), LIMITS)).id)
    await clock.advance(1_000)
    const before = clock.now()
    ;(await store.open(ids[0]!))!.stream.destroy()
    await store.put(chunks('b'), LIMITS)
    const steps = []
    for (let more = true; more; ) {
      const step = await store.prune(before, 2)
      steps.push(step.removed)
      more = step.more
    }
    expect(steps.every(removed => removed <= 2)).toBe(true)
    expect(steps.reduce((sum, removed) => sum + removed)).toBe(3)
    expect(await store.prune(before, 100)).toMatchObject({ removed: 0, more: false })
    expect((await files()).map(file => file.slice(3)).sort()).toEqual([ids[0]!, ids[1]!].sort())
  })

  it('removes the others when one cannot be removed, which is tried again a day later', async () => {
    const stuck = await store.put(chunks('stuck'), LIMITS)
    for (const text of ['a', 'b', 'c']) await store.put(chunks(text), LIMITS)
    await rm(stuck.path)
    await mkdir(stuck.path)
    await utimes(stuck.path, 1, 1)
    await clock.advance(1_000)
    const before = clock.now()
    const steps = []
    for (let n = 0; n < 4; n++) steps.push(await store.prune(before, 2))
    expect(steps.reduce((sum, { removed }) => sum + removed, 0)).toBe(3)
    expect(steps.flatMap(({ failed }) => (failed === null ? [] : [failed.code]))).toEqual([
      'MEDIA_STORE_FAILED',
    ])
    await rmdir(stuck.path)
    expect(await store.prune(before + 86_400_001, 2)).toMatchObject({ removed: 1, failed: null })
  })

  it('knows the files of before its table was there, too, and looks for them once', async () => {
    const { id } = await store.put(chunks('old'), LIMITS)
    const table = createMediaTable()
    store = openMediaStore({ dataDir, clock, table })
    await clock.advance(1_000)
    expect(await store.prune(clock.now(), 100)).toMatchObject({ removed: 0, more: false })
    await store.findAll()
    expect([...table.files.keys()]).toEqual([id])
    expect(await store.prune(clock.now(), 100)).toMatchObject({ removed: 1, more: false })
    expect([table.files.size, await files()]).toEqual([0, []])
    await writeFile(join(dataDir, 'media', id.slice(0, 2), id), 'put there by hand')
    await store.findAll()
    expect(table.files.size).toBe(0)
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
    const { path } = await store.put(chunks('copied'), LIMITS)
    await clock.advance(1_000)
    const before = clock.now()
    await utimes(path, (before + 5.25) / 1000, (before + 5.25) / 1000)
    expect(await store.prune(before, 100)).toMatchObject({ removed: 0, more: false })
    expect([...table.files.values()]).toEqual([before + 5])
  })

  it('leaves files that are being written, and files of others', async () => {
    await writeFile(join(dataDir, 'media/README'), 'mine')
    await mkdir(join(dataDir, 'media/ab'))
    await writeFile(join(dataDir, 'media/ab/notes'), 'mine')
    let goOn = () => {}
    const gate = new Promise<void>(resolve => {
      goOn = resolve
    })
    async function* slow() {
      yield Buffer.from('one')
      await gate
      yield Buffer.from('two')
    }
    const put = store.put(slow(), LIMITS)
    await clock.advance(1_000)
    expect(await store.prune(clock.now() + 1e12, 100)).toMatchObject({ removed: 0, more: false })
    goOn()
    const { id } = await put
    expect((await files()).sort()).toEqual(['README', 'ab/notes', `${id.slice(0, 2)}/${id}`].sort())
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
