import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What the files in a directory and below it hold, in bytes; 0 for one that is not there. */
export async function bytesIn(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter(entry => entry.isFile())
  const sizes = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}
