import { statfs } from 'node:fs/promises'

/** How many bytes a file in this directory may still take. */
export async function freeBytes(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory)
  return bavail * bsize
}
