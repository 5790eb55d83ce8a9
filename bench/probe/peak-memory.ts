import { readFile, writeFile } from 'node:fs/promises'

/** A process' own record of its memory, which Linux keeps and lets others begin anew (proc(5), clear_refs). */

/** Lets the highest RSS of a process count from now on. Rejects where there is no /proc. */
export async function resetPeakMemory(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5')
}

/** The highest RSS of a process since then, in bytes: no sample between two looks is missed. */
export async function peakMemoryOf(pid: number): Promise<number> {
  return peakIn(await readFile(`/proc/${pid}/status`, 'utf8'))
}

/** Throws when the text is no /proc/PID/status. */
export function peakIn(status: string): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? []
  if (kilobytes === undefined) throw new Error('/proc tells no VmHWM')
  return Number(kilobytes) * 1024
}
