import { isIPv4 } from 'node:net'

/** Whether a host name or address (IPv6 without brackets) can only mean this machine. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase()
  if (name === 'localhost' || name === '::1') return true
  const mapped = name.startsWith('::ffff:') ? name.slice('::ffff:'.length) : name
  return isIPv4(mapped) && mapped.startsWith('127.')
}
