import { createHmac } from 'node:crypto'
import { GatewayError } from '../base/errors.ts'
import type { OwnerTable } from '../ports/cluster/owner-table.ts'
import type { Place, Routing } from '../ports/cluster/routing.ts'
import type { Ownership } from './ownership.ts'

/** `key`: a secret that all nodes of the database have, and nobody else. */
export function createRouting({
  table,
  ownership,
  key,
  isHere,
}: {
  table: Pick<OwnerTable, 'whereIs'>
  ownership: Pick<Ownership, 'node' | 'room' | 'members' | 'adopt'>
  key: Uint8Array
  isHere(sessionId: string): boolean
}): Routing {
  const secret = (of: string) => createHmac('sha256', key).update(of).digest('base64url')
  return {
    token: secret('between nodes'),
    proof: secret('answers between nodes'),
    isHere,

    async placeOf(sessionId) {
      if (isHere(sessionId)) return null
      const found = await table.whereIs(sessionId)
      if (found === null) return 'nowhere'
      const { node, url, streamId } = found
      if (node === null) return (await ownership.adopt({ sessionId, streamId })) ? null : { why: 'free' }
      if (isHere(sessionId)) return null
      return url && node !== ownership.node ? { node, url } : { why: 'moving' }
    },

    placeForNew(): Place {
      if (ownership.room > 0) return null
      const others = (ownership.members?.nodes ?? []).filter(
        ({ node, url, sessions, maxSessions }) =>
          node !== ownership.node && url !== '' && (maxSessions === null || sessions < maxSessions),
      )
      const [emptiest] = others.sort((a, b) => a.sessions - b.sessions)
      if (emptiest !== undefined) return { node: emptiest.node, url: emptiest.url }
      throw new GatewayError(
        'NOT_READY',
        'No node has room for one more session: raise MAX_SESSIONS, or start another node.',
        { retryAfterSeconds: 5 },
      )
    },
  }
}
