import type { Problem } from '../base/problem.ts'
import type { Members } from '../ports/cluster/owner-table.ts'

export interface SeenOfNodes {
  /** This node's name and address; null: it has no lease. */
  node: string | null
  url: string
  members: Members | null
  /** For how long, in ms, there have been sessions that no node has. */
  freeForMs: number
  leaseMs: number
  /** Each node has its files to itself. */
  filesApart: boolean
}

/** What several nodes have set so that they cannot work together, or not for all sessions. */
export function nodeWarnings({ node, url, members, freeForMs, leaseMs, filesApart }: SeenOfNodes): Problem[] {
  if (node === null || members === null) return []
  const { nodes, free } = members
  const warnings: Problem[] = []
  if (url !== '' && nodes.some(other => other.node !== node && other.url === url))
    warnings.push({
      code: 'NODE_URL_SHARED',
      message: `Another node says, too, that it is reached at ${url}: what is asked of its sessions comes here, and is refused. Give each node a NODE_URL of its own.`,
      said: [{ says: 'same_url', values: { url } }],
    })
  if (filesApart && nodes.length > 1)
    warnings.push({
      code: 'MEDIA_NOT_SHARED',
      message:
        'Each node keeps the files in its own DATA_DIR, so that a link to one (media.url) leads nowhere at the others. Set MEDIA_URL to a bucket, or to a folder that all nodes mount.',
      said: [{ says: 'files_apart', values: {} }],
    })
  // A node that was killed keeps them for a lease, and they come so many in a second.
  if (free > 0 && freeForMs > 2 * leaseMs)
    warnings.push({
      code: 'SESSIONS_WITHOUT_NODE',
      message: `No node has room for these sessions, which are not connected (${free}): raise MAX_SESSIONS, or start another node.`,
      said: [{ says: 'no_room', values: { count: free } }],
    })
  return warnings
}
