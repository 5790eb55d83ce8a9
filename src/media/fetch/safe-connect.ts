import { lookup as systemLookup } from 'node:dns/promises'
import type { LookupFunction, Socket } from 'node:net'
import { isIP } from 'node:net'
import type { buildConnector as Connector } from 'undici'
import { GatewayError } from '../../base/errors.ts'
import { buildConnector } from '../../base/undici.ts'
import { reachOf } from './addresses.ts'

/** All addresses of a host name. */
export type Resolve = (hostname: string) => Promise<{ address: string; family: number }[]>

export const resolveBySystem: Resolve = hostname => systemLookup(hostname, { all: true })

/**
 * A connector for undici that connects to nothing it may not reach. It looks at the very addresses that it hands to the socket,
 * so that a name which resolves differently the next time wins nothing, and once more at the one that the socket has connected
 * to. `signal` ends connections, whatever they are doing. Fails with MEDIA_URL_FORBIDDEN.
 */
export function createConnector(options: {
  allowPrivate: boolean
  resolve: Resolve
  signal: AbortSignal
}): Connector.connector {
  const { allowPrivate, resolve, signal } = options

  function refusal(hostname: string, addresses: string[]): GatewayError | null {
    const reaches = addresses.map(reachOf)
    if (
      reaches.length > 0 &&
      reaches.every(reach => reach === 'public' || (reach === 'private' && allowPrivate))
    )
      return null
    const advice = reaches.includes('never')
      ? ''
      : '; MEDIA_ALLOW_PRIVATE=true allows it, for development only'
    const message = `mediaUrl leads to ${hostname}, which is not an address on the internet${advice}`
    return new GatewayError('MEDIA_URL_FORBIDDEN', message)
  }

  const lookup: LookupFunction = (hostname, { all }, callback) => {
    resolve(hostname).then(
      found => {
        const addresses = found.map(({ address, family }) => ({ address, family }))
        const refused = refusal(
          hostname,
          addresses.map(({ address }) => address),
        )
        if (refused !== null) callback(refused, [])
        else if (all) callback(null, addresses)
        else callback(null, addresses[0]!.address, addresses[0]!.family)
      },
      error => callback(error, []),
    )
  }

  const connect = buildConnector({ lookup, signal, timeout: 0 } as Connector.BuildOptions)
  return (target, callback) => {
    const hostname = target.hostname.replace(/^\[(.*)\]$/, '$1')
    // A literal address is never looked up.
    const refused = isIP(hostname) === 0 ? null : refusal(target.hostname, [hostname])
    if (refused !== null) return callback(refused, null)
    connect(target, (error, socket) => {
      if (error !== null) return callback(error, null)
      const wrong = refusal(target.hostname, [(socket as Socket).remoteAddress ?? ''])
      if (wrong === null) return callback(null, socket!)
      socket!.destroy()
      callback(wrong, null)
    })
  }
}
