import { readdir, readFile, writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'
import type { Commands } from '../../harness/rpc.ts'

const TICKS_PER_SECOND = 100

/** Profiles one phase of the process it runs in; part of the probe. */
export function createProfiler() {
  let session: Session | null = null
  return {
    async profile(): Promise<void> {
      session = new Session()
      session.connect()
      await session.post('Profiler.enable')
      await session.post('Profiler.setSamplingInterval', { interval: 200 })
      await session.post('Profiler.start')
    },

    /** Writes a .cpuprofile of the main thread, for Chrome's or an editor's profile viewer. */
    async profiled(file: string): Promise<void> {
      if (session === null) return
      const { profile } = await session.post('Profiler.stop')
      session.disconnect()
      session = null
      await writeFile(file, JSON.stringify(profile))
    },

    /** CPU so far of each kind of thread, in ms; nothing where there is no /proc. */
    async threads(): Promise<Record<string, number>> {
      const byName: Record<string, number> = {}
      for (const id of await readdir('/proc/self/task').catch(() => [])) {
        const stat = await readFile(`/proc/self/task/${id}/stat`, 'utf8').catch(() => '')
        const [, name, rest] = /^\d+ \((.*)\) (.*)/.exec(stat) ?? []
        if (name === undefined || rest === undefined) continue
        const [user, system] = rest.split(' ').slice(11, 13).map(Number)
        byName[name] = (byName[name] ?? 0) + (((user ?? 0) + (system ?? 0)) * 1000) / TICKS_PER_SECOND
      }
      return byName
    },
  } satisfies Commands
}
