import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '../../base/errors.ts'

const KEY_BYTES = 32

/**
 * The key that signs media links, from DATA_DIR; made at the first start, for the owner alone. Without it every link given out is
 * void, nothing else. Throws BAD_CONFIG. One process per directory, which the store's lock sees to.
 */
export function loadLinkKey(dataDir: string): Buffer {
  const path = join(dataDir, 'media-link.key')
  try {
    const key = read(path) ?? make(path)
    if (key.length === KEY_BYTES) return key
  } catch (error) {
    throw unusable(path, (error as NodeJS.ErrnoException).code ?? 'unknown', error)
  }
  throw unusable(path, `it has not ${KEY_BYTES} bytes`)
}

function read(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function make(path: string): Buffer {
  const key = randomBytes(KEY_BYTES)
  const temporary = `${path}.tmp`
  rmSync(temporary, { force: true })
  const fd = openSync(temporary, 'wx', 0o600)
  try {
    writeSync(fd, key)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(temporary, path)
  return key
}

function unusable(path: string, why: string, cause?: unknown): GatewayError {
  const message = `The key of media links, ${path}, cannot be used (${why}): make it readable, or delete it for a new one`
  return new GatewayError('BAD_CONFIG', message, { cause, retryable: false })
}
