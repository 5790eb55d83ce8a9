import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach } from 'vitest'

export interface CommandOutcome {
  code: number
  /** Standard output. */
  table: string
  /** Standard error. */
  progress: string
  /** The first line of the table with this name; NaN if there is none. */
  count(name: string): number
}

/** A command of the project as its npm script runs it; what still runs when a test ends is ended. */
export function commandOf(file: string): (...args: string[]) => Promise<CommandOutcome> {
  const running = new Set<ReturnType<typeof spawn>>()
  afterEach(() => {
    for (const child of running) child.kill('SIGINT')
  })
  return async (...args) => {
    const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    running.add(child)
    let [table, progress] = ['', '']
    child.stdout.on('data', chunk => (table += chunk))
    child.stderr.on('data', chunk => (progress += chunk))
    const [code] = await once(child, 'close')
    running.delete(child)
    const count = (name: string) => Number(new RegExp(`^ +${name} +(\\d+)`, 'm').exec(table)?.[1])
    return { code: code as number, table, progress, count }
  }
}
