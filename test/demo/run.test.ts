import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { CURL_MISSING, hasCurl } from '../curl.ts'

const shell = promisify(execFile)
const LIFE = { timeout: 240_000 }
const SOON = { timeout: 90_000, interval: 50 }

/** One run of the demo, piped, with a directory of its own for what it writes. */
class Run {
  readonly directory = mkdtempSync(join(tmpdir(), 'demo-test-'))
  readonly child: ChildProcess
  stdout = ''
  stderr = ''

  constructor(args: string[] = [], env: NodeJS.ProcessEnv = {}) {
    const { FORCE_COLOR, NO_COLOR, ...inherited } = process.env
    this.child = spawn(process.execPath, ['demo/run.ts', ...args], {
      env: { ...inherited, TMPDIR: this.directory, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout?.on('data', chunk => (this.stdout += chunk))
    this.child.stderr?.on('data', chunk => (this.stderr += chunk))
  }

  async exit(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'close')
    return this.child.exitCode
  }

  /** Processes that were managers of this run. */
  get managers(): number[] {
    return [...this.stdout.matchAll(/\(pid (\d+)\)/g)].map(([, pid]) => Number(pid))
  }

  async says(text: string): Promise<void> {
    await vi.waitFor(() => {
      if (this.child.exitCode !== null) throw new Error(`it ended: ${this.stderr}`)
      expect(this.stdout).toContain(text)
    }, SOON)
  }
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('npm run demo', () => {
  const runs: Run[] = []
  const begin = (...args: ConstructorParameters<typeof Run>) => {
    const run = new Run(...args)
    runs.push(run)
    return run
  }
  afterEach(async () => {
    for (const run of runs.splice(0)) {
      run.child.kill('SIGTERM')
      await run.exit()
      for (const pid of run.managers) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
      rmSync(run.directory, { recursive: true, force: true })
    }
  })

  it(
    'stays up to be used by hand, beside a second run that goes through all steps and ends with exit code 0',
    LIFE,
    async ({ annotate }) => {
      const first = begin()
      await first.says('What happens from now on')

      const second = begin(['--exit'])
      expect([await second.exit(), second.stderr]).toEqual([0, ''])
      const told = second.stdout
      for (const line of [
        'POST /start {"user_id":7,"session_id":"shop"} -> 200',
        'was told: pending, then active',
        'got POST /messages from 34600000002',
        'no QR, nothing for Laravel to do',
        'no QR was needed',
        'got POST /messages "Yes please, one loaf!", offline: true',
        'her 3 messages arrived once each',
        '"activeSessions":1',
        'Everything held: 7 steps',
      ])
        expect(told).toContain(line)
      expect(told).toMatch(/: queued, (?:transmitted, )?sent, delivered, read\n/)
      expect(told).not.toContain('\u001b')
      expect(told).not.toContain('curl')
      expect(told).toMatch(/[▀▄█]{7}/)
      expect(readdirSync(second.directory)).toEqual([])
      expect(second.managers).toHaveLength(2)
      expect(second.managers.filter(isAlive)).toEqual([])
      const lines = first.stdout.split('\n').filter(line => !/[▀▄█]/.test(line))
      expect(lines.length).toBeLessThan(75)

      if (hasCurl) await playByHand(first)
      else annotate(`the printed lines were not run: ${CURL_MISSING}`)

      first.child.kill('SIGINT')
      expect([await first.exit(), first.stderr]).toEqual([0, ''])
      expect(first.managers.filter(isAlive)).toEqual([])
      expect(readdirSync(first.directory)).toEqual([])
    },
  )

  it(
    'ends with exit code 1 and one line that names the step, the cause and the log when the manager dies',
    LIFE,
    async () => {
      const run = begin(['--exit'])
      await run.says('(pid ')
      process.kill(run.managers[0]!, 'SIGKILL')
      expect(await run.exit()).toBe(1)
      const log = /^demo: "[^"]+" failed: .+ \(the manager's log: (\S+)\)\n$/.exec(run.stderr)?.[1]
      expect(log, run.stderr).toMatch(/manager\.log$/)
      expect(run.stderr).toContain('the manager does not run: it ended with SIGKILL')
      expect(readFileSync(log!, 'utf8')).toContain('"msg":"listening"')
      expect(readdirSync(join(log!, '..'))).toEqual(['manager.log'])
    },
  )

  it('ends with exit code 1 and one line when it cannot begin', LIFE, async () => {
    const run = begin(['--exit'], { TMPDIR: '/nowhere/at/all' })
    expect(await run.exit()).toBe(1)
    expect(run.stderr).toMatch(/^demo: .*\/nowhere\/at\/all.*\n$/)
  })

  it('stops its managers when it is interrupted in the middle', LIFE, async () => {
    const run = begin(['--exit'])
    await run.says('1. A shop wants WhatsApp')
    run.child.kill('SIGINT')
    run.child.kill('SIGINT')
    expect([await run.exit(), run.stderr]).toEqual([130, ''])
    expect(run.managers).toHaveLength(1)
    expect(run.managers.filter(isAlive)).toEqual([])
    expect(readdirSync(run.directory)).toEqual([])
  })

  it('ignores the configuration in the environment of whoever runs it', LIFE, async () => {
    const run = begin([], { API_KEYS: 'secret-1', LARAVEL_TOKEN: 'secret-2', QR_EXPIRY_MS: 'nonsense' })
    await run.says('2. The phone scans it')
    run.child.kill('SIGINT')
    expect(await run.exit()).toBe(130)
  })
})

/** Runs every line that the demo prints, as printed, in its order, and looks at what it answers. */
async function playByHand(run: Run): Promise<void> {
  const lines = [...run.stdout.matchAll(/# (.+)\n {2}(curl .+)/g)].map(([, what, line]) => ({ what, line }))
  const answers: Record<string, (text: string) => void> = {
    'start another session': text =>
      expect(JSON.parse(text)).toMatchObject({ success: true, session_id: 'cafe' }),
    'see its QR': text => expect(text).toContain('▄▄▄▄▄▄▄'),
    'let a phone scan it': text =>
      expect(JSON.parse(text)).toMatchObject({ jid: expect.stringMatching(/^34600000003:/) }),
    'a contact writes': text => expect(JSON.parse(text)).toMatchObject({ id: expect.any(String) }),
    answer: text =>
      expect(JSON.parse(text), text).toMatchObject({ success: true, message_id: expect.any(String) }),
    'what the contact decrypted': text => expect(text).toContain('On their way'),
    'cut every connection': text => expect(JSON.parse(text).struck).toBeGreaterThan(0),
    'all sessions': text => expect(JSON.parse(text)).toMatchObject({ success: true, count: 2 }),
    'the log of one': text => expect(JSON.parse(text).events).toHaveLength(20),
    'the session as it was': text => expect(JSON.parse(text)).toMatchObject({ success: true, seq: 3 }),
    figures: text => expect(JSON.parse(text).sessions.totalSessions).toBe(2),
  }
  expect(lines.map(({ what }) => what)).toEqual(Object.keys(answers))
  // Who is told that the session is not connected yet tries again.
  const repeatable = new Set(['see its QR', 'answer', 'what the contact decrypted'])
  for (const { what, line } of lines) {
    const attempt = async () => {
      const { stdout } = await shell('sh', ['-c', line!])
      answers[what!]?.(stdout)
    }
    await (repeatable.has(what!) ? vi.waitFor(attempt, SOON) : attempt())
  }
  await run.says('"Two coffees?" -> 200')
  await run.says('34600000002 decrypted "On their way"')
}
