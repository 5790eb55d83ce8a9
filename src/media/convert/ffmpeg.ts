import { type ChildProcess, spawn } from 'node:child_process'
import type { Clock } from '../../base/clock.ts'

/** The ffmpeg of this machine, if there is one. */
export interface Ffmpeg {
  /** Asked once; what is installed later counts after the next start. */
  isInstalled(): Promise<boolean>
  /**
   * What it writes to its standard output, as it comes. It starts when the first chunk is asked for and is killed when the reader
   * leaves, at the time cap, or on a signal, whose reason is thrown then; else throws FfmpegError. `capMs` is another time cap than
   * that of all.
   */
  run(args: string[], signal?: AbortSignal, capMs?: number): AsyncIterable<Uint8Array>
}

/** ffmpeg failed. `timedOut`: its time was up. The message holds its error output; that is for logs, not callers. */
export class FfmpegError extends Error {
  override readonly name = 'FfmpegError'
  readonly timedOut: boolean

  constructor(message: string, timedOut: boolean) {
    super(message)
    this.timedOut = timedOut
  }
}

/** Opens one file as what its content has shown, and nothing that it may name: a playlist in disguise would have others read or fetched. */
export const fileInput = (path: string, container: string): string[] => [
  '-protocol_whitelist',
  'file',
  '-f',
  container,
  '-i',
  `file:${path}`,
]

const ERROR_OUTPUT_LIMIT = 2_000
const QUIET = ['-nostdin', '-hide_banner', '-loglevel', 'error']

/** Runs `command` without a shell, at most `atOnce` of them at a time; whoever comes next waits. */
export function createFfmpeg(options: {
  clock: Clock
  command?: string
  timeoutMs?: number
  atOnce?: number
}): Ffmpeg {
  const { clock, command = 'ffmpeg', timeoutMs = 60_000, atOnce = 2 } = options
  const waiting: (() => void)[] = []
  let running = 0
  let installed: Promise<boolean> | null = null

  async function takeTurn(): Promise<void> {
    if (running >= atOnce) await new Promise<void>(resolve => waiting.push(resolve))
    else running++
  }

  function passTurn(): void {
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }

  async function* run(args: string[], signal?: AbortSignal, capMs = timeoutMs): AsyncGenerator<Uint8Array> {
    await takeTurn()
    try {
      signal?.throwIfAborted()
      yield* output(args, signal, capMs)
    } finally {
      passTurn()
    }
  }

  async function* output(
    args: string[],
    signal: AbortSignal | undefined,
    capMs: number,
  ): AsyncGenerator<Uint8Array> {
    const child = spawn(command, [...QUIET, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = endOf(child)
    const kill = () => child.kill('SIGKILL')
    let timedOut = false
    const timer = clock.setTimeout(() => {
      timedOut = true
      kill()
    }, capMs)
    signal?.addEventListener('abort', kill, { once: true })
    try {
      yield* child.stdout
      const { code, errorOutput } = await ended
      signal?.throwIfAborted()
      if (timedOut) throw new FfmpegError(`not done within ${capMs / 1000} s`, true)
      if (code !== 0) throw new FfmpegError(`ended with ${code}: ${errorOutput}`, false)
    } finally {
      clock.clearTimeout(timer)
      signal?.removeEventListener('abort', kill)
      kill()
      await ended
    }
  }

  async function check(): Promise<boolean> {
    try {
      for await (const _ of run(['-version']));
      return true
    } catch {
      return false
    }
  }

  return {
    isInstalled() {
      installed ??= check()
      return installed
    },
    run,
  }
}

/** Resolves once nothing of it runs any more, also if it never ran. */
function endOf(child: ChildProcess): Promise<{ code: number | string; errorOutput: string }> {
  let errorOutput = ''
  let failure: string | null = null
  child.stderr?.on('data', (chunk: Buffer) => {
    errorOutput = `${errorOutput}${chunk}`.slice(-ERROR_OUTPUT_LIMIT)
  })
  return new Promise(resolve => {
    child.on('error', error => {
      failure = (error as NodeJS.ErrnoException).code ?? 'an error'
    })
    child.on('close', (code, signal) =>
      resolve({ code: failure ?? code ?? signal ?? 'nothing', errorOutput }),
    )
  })
}
