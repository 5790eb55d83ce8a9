import { GatewayError } from '../base/errors.ts'

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

/** MEDIA_TOO_LARGE with the limit in its sentence: `what` begins it, `limit` names it. */
export function tooLarge(what: string, maxBytes: number, limit?: string): GatewayError {
  const name = limit === undefined ? '' : `, ${limit}`
  return new GatewayError('MEDIA_TOO_LARGE', `${what} is larger than ${formatSize(maxBytes)}${name}`)
}
