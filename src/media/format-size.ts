const UNITS: [string, number][] = [
  ['GB', 1024 ** 3],
  ['MB', 1024 ** 2],
  ['KB', 1024],
]

/** `16 MB`, `1.5 KB`, `12 bytes`, as WhatsApp counts: 1 MB is 1024 * 1024 bytes. */
export function formatSize(bytes: number): string {
  for (const [unit, size] of UNITS) if (bytes >= size) return `${Number((bytes / size).toFixed(1))} ${unit}`
  return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
}
