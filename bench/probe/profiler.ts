import { writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'
import type { Commands } from '../../harness/rpc.ts'

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
  } satisfies Commands
}
