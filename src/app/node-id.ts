import { randomUUID } from 'node:crypto'
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The id of the process that holds this DATA_DIR, the same after each restart. It belongs to the directory's path: a copy elsewhere makes one
 * of its own, or the two would take each other for gone.
 */
export function nodeIdIn(dataDir: string): string {
  const [file, path] = [join(dataDir, 'node.id'), realpathSync(dataDir)]
  const [id = '', ...where] = contentOf(file).split('\n')
  if (id !== '' && where.join('\n') === path) return id
  const made = randomUUID()
  writeFileSync(file, `${made}\n${path}`, { mode: 0o600 })
  return made
}

/** Empty without one. */
function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
