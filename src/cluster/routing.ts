import { createHmac } from 'node:crypto'
import { GatewayError } from '../base/errors.ts'
import type { OwnerTable } from '../ports/cluster/owner-table.ts'
import type { Place, Routing } from '../ports/cluster/routing.ts'
import type { Ownership } from './ownership.ts'

/** By then a lease is over, and somebody has claimed what it was for. */
const COME_BACK_S = 2

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
  return {
    token: createHmac('sha256', key).update('between nodes').digest('base64url'),
    isHere,

    async placeOf(sessionId) {
      if (isHere(sessionId)) return null
      const found = await table.whereIs(sessionId)
      if (found === null) return 'nowhere'
      const { node, url, streamId } = found
      if (url !== null && url !== '' && node !== ownership.node) return { url }
      if (node === null && (await ownership.adopt({ sessionId, streamId }))) return null
      if (isHere(sessionId)) return null
      throw noOwner(`Session ${sessionId} has no node at the moment; one takes it up in a few seconds.`)
    },

    placeForNew(): Place {
      if (ownership.room > 0) return null
      const others = (ownership.members?.nodes ?? []).filter(
        ({ node, url, sessions, maxSessions }) =>
          node !== ownership.node && url !== '' && (maxSessions === null || sessions < maxSessions),
      )
      const [emptiest] = others.sort((a, b) => a.sessions - b.sessions)
      if (emptiest !== undefined) return { url: emptiest.url }
      throw noOwner('No node has room for one more session: raise MAX_SESSIONS, or start another node.')
    },
  }
}

const noOwner = (message: string) =>
  new GatewayError('NOT_READY', message, { retryAfterSeconds: COME_BACK_S })
