import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contender } from '../contenders/contender.ts'
import type { Cost, TrafficKind } from '../figures.ts'
import { profileReport } from './report-profile.ts'
import { type CpuProfile, selfTimes } from './self-times.ts'

/** Kinds of traffic, and the start of a process until every session is open. */
export type ProfiledKind = TrafficKind | 'opened'

const TITLES: Record<ProfiledKind, string> = {
  opened: 'start until a session is open',
  sent: 'text out',
  received: 'text in',
  sentToGroups: 'group text out',
}

/** Profiles the main thread of a probed process during its start and each kind of traffic; files for a viewer go to `dir`. */
export class TrafficProfile {
  readonly #dir: string
  readonly #files: Record<ProfiledKind, string[]> = { opened: [], sent: [], received: [], sentToGroups: [] }

  constructor(dir: string) {
    this.#dir = dir
  }

  readonly around = async (
    { probe }: Contender,
    kind: ProfiledKind,
    run: () => Promise<void>,
  ): Promise<void> => {
    const file = join(this.#dir, `${kind}-${this.#files[kind].length + 1}.cpuprofile`)
    await probe.call('profile')
    await run()
    await probe.call('profiled', file)
    this.#files[kind].push(file)
  }

  /** What was found, for people; the profiler's own cost is in it. */
  async report(costs: Record<ProfiledKind, Cost>): Promise<string> {
    const parts: string[] = []
    for (const kind of Object.keys(TITLES) as ProfiledKind[]) {
      const profiles: CpuProfile[] = []
      for (const file of this.#files[kind]) profiles.push(JSON.parse(await readFile(file, 'utf8')))
      parts.push(profileReport(TITLES[kind], selfTimes(profiles), costs[kind]))
    }
    return parts.join('\n\n')
  }
}
