import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { World } from '../scenarios/world.ts'
import { expectSettled } from '../settled.ts'

/**
 * Calls of the kernel by all threads for one message: what waits for the disk, and what moves bytes. How often threads sleep and wake is
 * the machine's affair, and so is `write`, by which they wake each other.
 */
const LIMITS = {
  sent: { fsync: 4, pwrite64: 60, pread64: 5, writev: 1.9 },
  received: { fsync: 3, pwrite64: 70, pread64: 8, writev: 1.9 },
}
type Call = keyof (typeof LIMITS)['sent']
const MESSAGES = 20
const SHOP = '34600000001'
const ANA = '34600000002'

/** Whether a process can be watched here: strace is installed, and may attach. */
const hasStrace = spawnSync('strace', ['-c', 'true']).status === 0

/** How often a call was made, by a summary of `strace -c`. */
function countIn(summary: string, call: string): number {
  return Number(new RegExp(`^ *[\\d.]+ +[\\d.]+ +\\d+ +(\\d+) .*\\b${call}$`, 'm').exec(summary)?.[1] ?? 0)
}

describe.skipIf(!hasStrace)('the system calls of a message (strace is missing, or may not attach)', () => {
  const world = new World({ LOG_LEVEL: 'info' })
  let dir = ''

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'strace-'))
    await world.start()
    await world.link('shop', SHOP)
    world.simulator.contact(ANA).autoRead = true
    await send(3)
    await receive(3)
    await send(3)
  }, 60_000)
  afterAll(async () => {
    await rm(dir, { recursive: true, force: true })
    await world.end()
  })

  it('are no more than they were when it is sent', () => check('sent', () => send(MESSAGES)), 60_000)
  it(
    'are no more than they were when it is received',
    () => check('received', () => receive(MESSAGES)),
    60_000,
  )

  async function check(kind: keyof typeof LIMITS, work: () => Promise<void>): Promise<void> {
    const file = join(dir, kind)
    const strace = spawn('strace', [
      '-f',
      '-c',
      '-e',
      `trace=${Object.keys(LIMITS[kind]).join()}`,
      '-o',
      file,
      '-p',
      String(world.pid),
    ])
    await attached(strace)
    await work()
    const ended = once(strace, 'exit')
    strace.kill('SIGINT')
    await ended
    const summary = await readFile(file, 'utf8')
    const over = Object.entries(LIMITS[kind]).flatMap(([call, limit]) => {
      const each = countIn(summary, call as Call) / MESSAGES
      return each > limit ? [`${kind}: ${each.toFixed(2)} ${call} each, at most ${limit} are allowed`] : []
    })
    expect(over, summary).toEqual([])
    expect(countIn(summary, 'fsync'), summary).toBeGreaterThan(0)
  }

  async function attached(strace: ChildProcess): Promise<void> {
    for await (const said of strace.stderr!) if (String(said).includes('attached')) return
  }

  async function send(count: number): Promise<void> {
    for (let n = 0; n < count; n++) expect((await world.send('shop', ANA, `text ${n}`)).status).toBe(200)
    await expectSettled(world.simulator)
  }

  async function receive(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      const { id } = await world.simulator.contact(ANA).say(SHOP, `text ${n}`)
      await world.laravel.seen(({ path, body }) => path === '/messages' && body.message_id === id)
    }
    await expectSettled(world.simulator)
  }
})
