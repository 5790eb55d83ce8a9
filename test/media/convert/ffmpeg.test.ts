import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createFfmpeg } from '../../../src/media/convert/ffmpeg.ts'
import { createTestClock } from '../../base/clock.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ffmpeg-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

/** A program in ffmpeg's place: a shell script, which gets the arguments as they are. */
async function standIn(script: string): Promise<string> {
  const command = join(folder, 'stand-in')
  await writeFile(command, `#!/bin/sh\n${script}\n`)
  await chmod(command, 0o700)
  return command
}

/** One that writes its process id to a file, says `ready`, and never ends. */
const endless = () => standIn(`echo $$ > "${folder}/pid"; echo ready; exec sleep 1000`)

async function expectDead(): Promise<void> {
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8'))
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'))
}

const never = new AbortController().signal
const text = async (chunks: AsyncIterable<Uint8Array>) => (await buffer(chunks)).toString()

describe('one run of ffmpeg', () => {
  it('yields what ffmpeg writes, and no shell reads its arguments', async () => {
    const ffmpeg = createFfmpeg({ clock: createTestClock(), command: await standIn('printf "%s|" "$@"') })
    expect(await text(ffmpeg.run(['a b', '$(touch x)', '`id`;', "'"], never))).toBe(
      "-nostdin|-hide_banner|-loglevel|error|a b|$(touch x)|`id`;|'|",
    )
  })

  it('throws when ffmpeg fails, after yielding what it had written', async () => {
    const command = await standIn('echo half; echo "no such codec" >&2; exit 3')
    const run = createFfmpeg({ clock: createTestClock(), command }).run([], never)
    const chunks: string[] = []
    const read = async () => {
      for await (const chunk of run) chunks.push(Buffer.from(chunk).toString())
    }
    await expect(read()).rejects.toMatchObject({
      name: 'FfmpegError',
      message: 'ended with 3: no such codec\n',
      timedOut: false,
    })
    expect(chunks).toEqual(['half\n'])
  })

  it("reports the end of ffmpeg's error output, not all of it", async () => {
    const command = await standIn('yes complaint | head -c 1000000 >&2; echo last words >&2; exit 1')
    const error = await text(createFfmpeg({ clock: createTestClock(), command }).run([], never)).catch(e => e)
    expect(error.message).toMatch(/last words\n$/)
    expect(error.message.length).toBeLessThan(2_100)
  })

  it.each([
    ['is not there', () => join(folder, 'missing'), /ENOENT/],
    ['may not be run', () => folder, /EACCES/],
  ])('throws when ffmpeg %s', async (_, command, code) => {
    const ffmpeg = createFfmpeg({ clock: createTestClock(), command: command() })
    await expect(text(ffmpeg.run([], never))).rejects.toMatchObject({
      name: 'FfmpegError',
      message: expect.stringMatching(code),
    })
  })
})

describe('ffmpeg is killed', () => {
  it('when its time is up', async () => {
    const clock = createTestClock()
    const run = createFfmpeg({ clock, command: await endless(), timeoutMs: 60_000 }).run([], never)
    const body = run[Symbol.asyncIterator]()
    expect(Buffer.from((await body.next()).value).toString()).toBe('ready\n')
    const next = body.next().catch(error => error)
    await clock.advance(60_000)
    expect(await next).toMatchObject({ message: 'not done within 60 s', timedOut: true })
    await expectDead()
    expect(clock.pending()).toBe(0)
  })

  it('when its signal aborts, and the reason is thrown', async () => {
    const abort = new AbortController()
    const reason = new Error('shutting down')
    const run = createFfmpeg({ clock: createTestClock(), command: await endless() }).run([], abort.signal)
    const body = run[Symbol.asyncIterator]()
    await body.next()
    const next = body.next().catch(error => error)
    abort.abort(reason)
    expect(await next).toBe(reason)
    await expectDead()
  })

  it('when its reader stops reading', async () => {
    const clock = createTestClock()
    for await (const _ of createFfmpeg({ clock, command: await endless() }).run([], never)) break
    await expectDead()
    expect(clock.pending()).toBe(0)
  })

  it('or never started, if its signal has already aborted', async () => {
    const run = createFfmpeg({ clock: createTestClock(), command: await endless() })
    const reason = new Error('too late')
    await expect(text(run.run([], AbortSignal.abort(reason)))).rejects.toBe(reason)
    await expect(readFile(join(folder, 'pid'))).rejects.toThrow('ENOENT')
  })
})

it('no more than the allowed number run at a time, and every waiting run gets its turn', async () => {
  const command = await standIn(`
    mkdir "${folder}/busy" || exit 9
    sleep 0.05
    rmdir "${folder}/busy"
    echo done`)
  const ffmpeg = createFfmpeg({ clock: createTestClock(), command, atOnce: 1 })
  const broken = new AbortController()
  broken.abort(new Error('aborted'))
  const runs = [1, 2, 3].map(() => text(ffmpeg.run([], never)))
  const failed = text(ffmpeg.run([], broken.signal)).catch((error: Error) => error.message)
  const last = text(ffmpeg.run([], never))
  expect(await Promise.all([...runs, failed, last])).toEqual([
    'done\n',
    'done\n',
    'done\n',
    'aborted',
    'done\n',
  ])
})

describe('whether ffmpeg is installed', () => {
  it('is checked once', async () => {
    const command = await standIn(`echo x >> "${folder}/asked"`)
    const ffmpeg = createFfmpeg({ clock: createTestClock(), command })
    expect(await Promise.all([ffmpeg.isInstalled(), ffmpeg.isInstalled()])).toEqual([true, true])
    expect(await ffmpeg.isInstalled()).toBe(true)
    expect(await readFile(join(folder, 'asked'), 'utf8')).toBe('x\n')
  })

  it.each([
    ['missing', () => join(folder, 'missing')],
    ['broken', () => standIn('exit 1')],
  ])('is denied when the program is %s', async (_, command) => {
    expect(await createFfmpeg({ clock: createTestClock(), command: await command() }).isInstalled()).toBe(
      false,
    )
  })
})
