import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import {
  cpuOf,
  exactCpuOf,
  onCpuIn,
  processIn,
  residentIn,
  rssOf,
  threadsOf,
} from '../../bench/probe/process-tree.ts'

describe('a line of /proc/PID/stat', () => {
  const numbers = '17 17 0 -1 4194560 100 0 0 0 12 3 4 1 20 0 11 0 5 6 7'

  it('says whose child it is and what it used, of the children that are gone, too', () => {
    expect(processIn(`42 (node) S 41 ${numbers}`)).toEqual({ pid: 42, parent: 41, cpu: 200 })
  })

  it('may have anything in its name', () => {
    expect(processIn(`42 (a b) (c) S 41 ${numbers}`)).toMatchObject({ parent: 41, cpu: 200 })
  })

  it('tells the time on a CPU to the nanosecond', () => {
    expect(onCpuIn('872335735 1200 44\n')).toBeCloseTo(872.335735)
  })

  it('is nothing when the process is gone', () => {
    expect(processIn('')).toBeNull()
    expect(residentIn('')).toBe(0)
  })
})

describe.skipIf(!existsSync('/proc/self/stat'))('processes seen from outside (needs /proc)', () => {
  /** Uses 300 ms of CPU in a child of its own, and 300 ms in a worker thread. */
  const burn =
    'for (const { cpuUsage } = process, begun = cpuUsage().user; cpuUsage().user - begun < 300_000;);'
  const stay = 'setInterval(() => {}, 1000)'
  const program = `
    const { spawn } = require('node:child_process')
    const { Worker } = require('node:worker_threads')
    const child = spawn(process.execPath, ['-e', "${burn} console.log('burnt'); ${stay}"], { stdio: ['ignore', 'inherit', 'inherit'] })
    process.on('SIGTERM', () => { child.kill(); process.exit() })
    new Worker("${burn} console.log('burnt'); ${stay}", { eval: true })`

  it('are counted with their threads and their children', async () => {
    const child = spawn(process.execPath, ['-e', program])
    let printed = ''
    child.stdout.on('data', text => (printed += text))
    try {
      await vi.waitFor(() => expect(printed.match(/burnt/g)).toHaveLength(2), 20_000)
      const cpu = await cpuOf([child.pid!])
      const threads = Object.values(await threadsOf(child.pid!)).reduce((sum, ms) => sum + ms, 0)
      expect(threads).toBeGreaterThan(250)
      expect(cpu).toBeGreaterThan(threads + 250)
      const exact = await exactCpuOf([child.pid!])
      expect(Math.abs(exact - cpu)).toBeLessThan(100)
      expect(await rssOf([child.pid!])).toBeGreaterThan(60 * 1024 * 1024)
    } finally {
      child.kill()
      await once(child, 'exit')
    }
    expect(await cpuOf([child.pid!])).toBe(0)
  })
})
