import type { HttpContext } from './context.ts'

/**
 * The key of a client that opens a WebSocket and can set no header: the user or the password of its address, `ws://:KEY@host/inspect`,
 * which it sends as `Authorization: Basic` (RFC 7617). Nowhere else: what a browser keeps for a site goes along with everybody's requests.
 */
export function basicKeys({ req }: HttpContext): string[] {
  if (req.header('upgrade')?.toLowerCase() !== 'websocket') return []
  const encoded = /^Basic +([\w+/=-]+) *$/i.exec(req.header('authorization') ?? '')?.[1]
  if (encoded === undefined) return []
  const [, user = '', password = ''] =
    /^([^:]*):?(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  return [user, password].filter(key => key !== '')
}
