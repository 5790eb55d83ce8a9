import { readdir, readFile } from 'node:fs/promises'

/** Processes seen from outside, whole trees and all their threads: proc(5). Everything rejects where there is no /proc. */

/** Of Linux on every machine that Node runs on. */
const TICK_MS = 10

interface ProcessLine {
  pid: number
  parent: number
  /** CPU of it and of the children it has waited for, in ms. */
  cpu: number
}

/** CPU so far of these processes and all that descend from them, in ms, to 10 ms. */
export async function cpuOf(roots: readonly number[]): Promise<number> {
  return (await treeOf(roots)).reduce((sum, { cpu }) => sum + cpu, 0)
}

/** The same of threads that are still there, exact where the kernel keeps `schedstat`: for those who do next to nothing. */
export async function exactCpuOf(roots: readonly number[]): Promise<number> {
  let ms = 0
  for (const { pid, cpu } of await treeOf(roots)) {
    const threads = await readdir(`/proc/${pid}/task`).catch(() => [])
    const stats = await Promise.all(
      threads.map(id => readFile(`/proc/${pid}/task/${id}/schedstat`, 'utf8').catch(() => '')),
    )
    const kept = stats.filter(stat => stat !== '')
    ms += kept.length === 0 ? cpu : kept.reduce((sum, stat) => sum + onCpuIn(stat), 0)
  }
  return ms
}

/** The time that a /proc/PID/schedstat says was spent on a CPU, in ms. */
export function onCpuIn(schedstat: string): number {
  return Number(schedstat.split(' ')[0]) / 1e6
}

/** Memory that these processes and all that descend from them hold now, in bytes. */
export async function rssOf(roots: readonly number[]): Promise<number> {
  let bytes = 0
  for (const { pid } of await treeOf(roots))
    bytes += residentIn(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))
  return bytes
}

/** CPU so far of each kind of thread in a process, in ms, by the names that Node gives them. */
export async function threadsOf(pid: number): Promise<Record<string, number>> {
  const byName: Record<string, number> = {}
  for (const id of await readdir(`/proc/${pid}/task`)) {
    const { name, fields } = parsed(await readFile(`/proc/${pid}/task/${id}/stat`, 'utf8').catch(() => ''))
    if (fields.length > 0)
      byName[name] = (byName[name] ?? 0) + (Number(fields[11]) + Number(fields[12])) * TICK_MS
  }
  return byName
}

/** What a /proc/PID/stat says; null for a process that is gone. */
export function processIn(stat: string): ProcessLine | null {
  const { pid, fields } = parsed(stat)
  if (fields.length === 0) return null
  const [user, system, childUser, childSystem] = fields.slice(11, 15).map(Number)
  const ticks = (user ?? 0) + (system ?? 0) + (childUser ?? 0) + (childSystem ?? 0)
  return { pid, parent: Number(fields[1]), cpu: ticks * TICK_MS }
}

/** The resident bytes in a /proc/PID/status; 0 for a process that is gone. */
export function residentIn(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

async function treeOf(roots: readonly number[]): Promise<ProcessLine[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const lines = await Promise.all(
    pids.map(async pid => processIn(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''))),
  )
  const children = Map.groupBy(
    lines.filter(line => line !== null),
    ({ parent }) => parent,
  )
  const descend = (line: ProcessLine): ProcessLine[] => [
    line,
    ...(children.get(line.pid) ?? []).flatMap(descend),
  ]
  return lines.flatMap(line => (line !== null && roots.includes(line.pid) ? descend(line) : []))
}

/** A name may have blanks and brackets in it. */
function parsed(stat: string): { pid: number; name: string; fields: string[] } {
  const [, pid, name, rest] = /^(\d+) \((.*)\) (.*)/.exec(stat) ?? []
  return { pid: Number(pid), name: name ?? '', fields: rest?.split(' ') ?? [] }
}
