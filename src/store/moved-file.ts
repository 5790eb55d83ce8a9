import { readdirSync } from 'node:fs'

/** What the file of SQLite is called once it moved into PostgreSQL. */
export const MOVED_AWAY = 'store.moved.sqlite'

const MOVING = /^store\.moving-to-([0-9a-f]+)\.sqlite$/

/** What it is called while its move is committed: `id` is that of the empty store that it moves into. */
export const movingTo = (id: string): string => `store.moving-to-${id}.sqlite`

/** A move that was ended while it was committed; null: there is none. Only its database knows what became of it. */
export function interruptedMove(dataDir: string): { file: string; into: string } | null {
  for (const file of filesIn(dataDir)) {
    const into = MOVING.exec(file)?.[1]
    if (into !== undefined) return { file, into }
  }
  return null
}

function filesIn(dataDir: string): string[] {
  try {
    return readdirSync(dataDir)
  } catch {
    return []
  }
}
