import type { Logger } from '../base/logger.ts'
import type { Upkeep, UpkeepTable } from '../ports/cluster/upkeep.ts'

/** Works are taken by the lease of this node, so that one that is gone keeps nobody from them for longer than that. */
export function createUpkeep({
  table,
  node,
  logger,
}: {
  table: UpkeepTable
  /** The name of this node; null while it is none. */
  node(): string | null
  logger: Logger
}): Upkeep {
  return {
    async run(work, everyMs, run) {
      const own = node()
      if (own === null || !(await table.take(own, work, everyMs))) return false
      const goesOn = () => node() === own
      let done = false
      try {
        done = (await run(goesOn)) && goesOn()
      } finally {
        await table
          .end(own, work, done)
          .catch(error =>
            logger.debug({ work, err: error }, 'it is free once the lease of this node is over'),
          )
      }
      return done
    },
  }
}
