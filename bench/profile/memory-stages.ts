import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Memory } from '../probe/probe.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const RSS = 'process.stdout.write(String(process.memoryUsage.rss()))'

/** What a process holds before it has done anything, in bytes. */
export interface BareMemory {
  node: number
  /** With Baileys loaded and not used. */
  baileys: number
}

/** Of processes started with these flags, one for each answer. */
export async function bareMemory(flags: readonly string[]): Promise<BareMemory> {
  const rssAfter = async (work: string) => {
    const args = [...flags, '--input-type=module', '-e', `${work};${RSS}`]
    return Number((await promisify(execFile)(process.execPath, args, { cwd: ROOT })).stdout)
  }
  return { node: await rssAfter(''), baileys: await rssAfter("await import('@whiskeysockets/baileys')") }
}

/** Where the memory of a process with every session open is, for people; what is left of `rss` is code, stacks and garbage. */
export function memoryReport(bare: BareMemory, rss: number, { heap }: Memory): string {
  const mb = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(0)} MB`
  return [
    `memory: ${mb(rss)} with every session open and idle`,
    `  Node alone ${mb(bare.node)}, with Baileys loaded and not used ${mb(bare.baileys)}`,
    `  V8's heap and buffers of the main thread after a collection ${mb(heap)}`,
  ].join('\n')
}
