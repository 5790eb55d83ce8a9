import { closeSync, constants, createReadStream, fstatSync, openSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { isMissing } from './disk-failures.ts'

/** Offsets in bytes, both inclusive. */
export interface Range {
  start: number
  end: number
}

/** The range, or the whole file. Throws RangeError where such bytes are not in a file of that size. */
export function rangeOf(size: number, range: Range | undefined): Range {
  const { start, end } = range ?? { start: 0, end: size - 1 }
  if (range !== undefined && !(start >= 0 && start <= end && end < size))
    throw new RangeError(`no bytes ${start} to ${end} in a file of ${size}`)
  return { start, end }
}

/** A descriptor of a regular file, or null; links are not followed. Throws as the file system does. */
export function openFile(path: string): number | null {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
  if (fstatSync(fd).isFile()) return fd
  closeSync(fd)
  return null
}

/** Reads an open file, whose descriptor is closed with the stream, or at once if this throws. */
export function readOpened(fd: number, range: Range | undefined): { stream: Readable; size: number } {
  try {
    const { size } = fstatSync(fd)
    const part = rangeOf(size, range)
    return { stream: createReadStream('', size === 0 ? { fd } : { fd, ...part }), size }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}
