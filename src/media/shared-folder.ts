import { mkdirSync, readdirSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { isMissing } from './disk-failures.ts'

/** What is aside for longer, nobody is removing any more, also where clocks differ by minutes. */
const ASIDE_MS = 60 * 60 * 1000
/** Nobody writes on one file for so long. */
const WRITING_MS = 24 * 60 * 60 * 1000

/**
 * Removes a file from a folder that other nodes write to: it is moved aside, `onlyIf` is asked once more, and it is moved back where
 * somebody stored it between the two. Whether it was removed.
 */
export async function removeAside(
  path: string,
  aside: string,
  onlyIf: (path: string) => Promise<boolean>,
): Promise<boolean> {
  try {
    if (!(await onlyIf(path))) return false
    renameSync(path, aside)
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
  const gone = await onlyIf(aside)
  if (gone) unlinkSync(aside)
  else renameSync(aside, path)
  return gone
}

/**
 * Makes the folders for what is being written and for what is being removed. What a crash left half-written goes; what it left half
 * removed comes back, to be asked about again. What is younger may be another node's.
 */
export function openSharedFolder(
  { temporary, aside }: { temporary: string; aside: string },
  pathOf: (id: string) => string,
): void {
  for (const folder of [temporary, aside]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const now = Date.now()
  for (const { path, mtimeMs } of filesIn(temporary))
    if (mtimeMs < now - WRITING_MS) rmSync(path, { recursive: true, force: true })
  // Its other time is that of its last use.
  for (const { name, path, ctimeMs } of filesIn(aside))
    if (ctimeMs < now - ASIDE_MS) renameSync(path, pathOf(name))
}

function filesIn(folder: string) {
  return readdirSync(folder).flatMap(name => {
    const path = join(folder, name)
    const found = statSync(path, { throwIfNoEntry: false })
    return found === undefined ? [] : [{ name, path, mtimeMs: found.mtimeMs, ctimeMs: found.ctimeMs }]
  })
}
