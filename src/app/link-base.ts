import { networkInterfaces } from 'node:os'
import { isLoopback } from '../base/loopback.ts'
import type { Problem } from '../base/problem.ts'
import type { Config } from '../config.ts'

/** Listening there means every address of the machine, and names none. */
const EVERYWHERE = ['0.0.0.0', '::', '[::]']

/**
 * Where links lead that others fetch: PUBLIC_URL, or the address that the service listens on. `0.0.0.0` is no address that anybody could
 * fetch from: then it is this machine's, loopback if Laravel stands here, too, and a guess that is told otherwise.
 */
export function linkBaseOf(
  { publicUrl, http: { host }, laravel }: Pick<Config, 'publicUrl' | 'http' | 'laravel'>,
  port: number,
): { url: string; warning: Problem | null } {
  if (publicUrl !== null) return { url: publicUrl, warning: null }
  if (!EVERYWHERE.includes(host))
    return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, warning: null }
  if (laravel.url === null || isLoopback(new URL(laravel.url).hostname))
    return { url: `http://127.0.0.1:${port}`, warning: null }
  const url = `http://${ownAddress() ?? '127.0.0.1'}:${port}`
  const message = `HOST=${host} names no address for the links to media (media.url) that Laravel gets: they begin with ${url}, which is a guess. Set PUBLIC_URL to the address under which Laravel reaches this service, such as http://whatsapp:${port} in Docker.`
  const said = [{ says: 'guessed' as const, values: { host, url } }]
  return { url, warning: { code: 'PUBLIC_URL_MISSING', message, said } }
}

/** Where the other nodes reach this one: NODE_URL, or the address that it listens on. */
export function nodeUrlOf({ node, http: { host } }: Pick<Config, 'node' | 'http'>, port: number): string {
  if (node.url !== null) return node.url
  const at = EVERYWHERE.includes(host) ? (ownAddress() ?? '127.0.0.1') : host
  return `http://${at.includes(':') ? `[${at}]` : at}:${port}`
}

/** The first address of this machine that others can reach; in a container that of its network. */
function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address
}
