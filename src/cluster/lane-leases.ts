import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { LaneLeases, TakenLane } from '../ports/cluster/lane-leases.ts'
import type { OwnerTable } from '../ports/cluster/owner-table.ts'

/** A lane is kept for so long, in ms, after it was given back: what comes next in it costs nothing then. */
const KEPT_MS = 500

/**
 * Takes lanes for this node, many in one statement, and gives them back a little later. A lane is free as soon as the lease of its node is
 * over, so nothing is renewed for a lane.
 */
export function createLaneLeases({
  table,
  node,
  clock,
  logger,
}: {
  table: Pick<OwnerTable, 'takeLanes' | 'giveLanes'>
  /** The name of this node; null while it is none. */
  node(): string | null
  clock: Clock
  logger: Logger
}): LaneLeases {
  /** How often each lane is taken here; 0: it is kept for a moment. */
  let held = new Map<string, number>()
  let holder: string | null = null
  let wanted = new Map<string, ((taken: TakenLane | null) => void)[]>()
  let asking = false
  let timer: unknown = null
  let giving: Promise<void> = Promise.resolve()

  /** Of a node that is gone nothing is held any more. */
  function current(): string | null {
    const name = node()
    if (name !== holder) held = new Map()
    holder = name
    return name
  }

  async function ask(): Promise<void> {
    if (asking) return
    asking = true
    // What is woken in one turn is taken together.
    await Promise.resolve()
    while (wanted.size > 0) {
      const batch = wanted
      wanted = new Map()
      const taken = await takeAll([...batch.keys()])
      for (const [lane, waiting] of batch)
        for (const [i, resolve] of waiting.entries()) {
          const ours = taken.get(lane)
          if (ours !== undefined) held.set(lane, (held.get(lane) ?? 0) + 1)
          // What one of them delivers, the others must not find there.
          resolve(ours === undefined ? null : i === 0 ? ours : { lane })
        }
    }
    asking = false
  }

  async function takeAll(lanes: string[]): Promise<Map<string, TakenLane>> {
    const name = current()
    if (name === null) return new Map()
    // One that is being given back is asked for behind that.
    await giving
    try {
      const taken = await table.takeLanes(name, lanes)
      return new Map(current() === name ? taken.map(one => [one.lane, one]) : [])
    } catch (error) {
      logger.debug({ err: error }, 'lanes could not be taken, trying again')
      return new Map()
    }
  }

  function giveKept(): Promise<void> {
    timer = null
    const name = current()
    const lanes = [...held].flatMap(([lane, count]) => (count === 0 ? [lane] : []))
    if (name === null || lanes.length === 0) return giving
    for (const lane of lanes) held.delete(lane)
    giving = giving
      .then(() => table.giveLanes(name, lanes))
      .catch(error => logger.debug({ err: error }, 'lanes are free once the lease of this node is over'))
    return giving
  }

  return {
    take(lane) {
      const count = current() === null ? undefined : held.get(lane)
      if (count !== undefined) {
        held.set(lane, count + 1)
        return Promise.resolve({ lane })
      }
      return new Promise(resolve => {
        wanted.set(lane, [...(wanted.get(lane) ?? []), resolve])
        void ask()
      })
    },

    giveBack(lane) {
      const count = held.get(lane)
      if (count === undefined) return
      held.set(lane, Math.max(0, count - 1))
      if (count <= 1) timer ??= clock.setTimeout(() => void giveKept(), KEPT_MS)
    },

    flush() {
      clock.clearTimeout(timer)
      return giveKept()
    },
  }
}
