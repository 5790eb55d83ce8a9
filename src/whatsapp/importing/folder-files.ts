import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UnusableFolder } from './unusable-folder.ts'

/**
 * The JSON files of a folder, by name, as text; nothing is opened for writing. Throws UnusableFolder if something in it changed
 * meanwhile: what was read belongs to no one moment, and whoever writes there is still logged in.
 */
export function readFiles(folder: string): Map<string, string> {
  try {
    const before = stampOf(folder)
    const files = new Map(
      [...before.keys()].map(name => [name, readFileSync(join(folder, name), 'utf8')] as const),
    )
    const after = stampOf(folder)
    if (before.size === after.size && [...before].every(([name, stamp]) => after.get(name) === stamp))
      return files
  } catch (error) {
    // A file that was listed is gone.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  throw new UnusableFolder(
    'it was written to while it was read: stop the gateway that uses it, then try again',
  )
}

function stampOf(folder: string): Map<string, string> {
  const entries = readdirSync(folder, { withFileTypes: true })
  return new Map(
    entries
      .filter(entry => entry.name.endsWith('.json') && !entry.isDirectory())
      .map(({ name }) => {
        const { size, mtimeNs } = statSync(join(folder, name), { bigint: true })
        return [name, `${size} ${mtimeNs}`] as const
      }),
  )
}
