import type { Overrides } from '../src/app.ts'
import type { OwnerTable } from '../src/ports/cluster/owner-table.ts'
import type { SocketOwner } from '../src/ports/whatsapp.ts'

/** The moments at which a process can be told to kill itself, in words. */
export const KILL_POINTS = {
  'before-commit': 'before the commit',
  'after-commit': 'after the commit, before the ack',
  'before-upsert': 'after the decryption, before anything of it is committed',
  'before-post': 'before the POST',
  'after-post': 'after the POST',
  'after-write': 'between write and ack of a send',
} as const

export type KillPoint = keyof typeof KILL_POINTS

/** Those of a node, among several that share their sessions. */
export const NODE_POINTS = {
  'before-claim': 'before a claim',
  'after-claim': 'between claim and open',
  'after-write': 'in mid-send',
  'before-release': 'during hand-over',
} as const

export type NodePoint = keyof typeof NODE_POINTS

export const KILL_POINT_NAMES = Object.keys(KILL_POINTS) as KillPoint[]

/** Parts of the app that tell each time when one of the moments has come; nothing else of them changes. */
export function watchKillPoints(pass: (point: KillPoint | NodePoint) => void): Overrides {
  return {
    store: store => ({
      ...store,
      commit(write) {
        const decrypted = write.inbox?.some(row => 'put' in row)
        if (!decrypted) return store.commit(write)
        pass('before-commit')
        return store.commit(write).then(() => pass('after-commit'))
      },
    }),
    whatsapp: whatsapp => ({
      ...whatsapp,
      async open(owner, signal) {
        const watched: SocketOwner = {
          ...owner,
          received(messages) {
            pass('before-upsert')
            return owner.received(messages)
          },
        }
        const socket = await whatsapp.open(watched, signal)
        if (socket === null) return null
        return {
          send: (...message) => socket.send(...message).then(() => pass('after-write')),
          chats: socket.chats,
          passkey: socket.passkey,
          logout: () => socket.logout(),
          end: () => socket.end(),
        }
      },
    }),
    owners: table => watchOwners(table, pass),
    laravel: laravel => ({
      ...laravel,
      async deliver(kind, ...rest) {
        if (kind !== 'messages') return laravel.deliver(kind, ...rest)
        pass('before-post')
        const attempt = await laravel.deliver(kind, ...rest)
        pass('after-post')
        return attempt
      },
    }),
  }
}

function watchOwners(table: OwnerTable, pass: (point: NodePoint) => void): OwnerTable {
  const claimed = <T>(answer: T): T => {
    if (Array.isArray(answer) ? answer.length > 0 : answer !== null) pass('after-claim')
    return answer
  }
  return {
    ...table,
    claim(...life) {
      pass('before-claim')
      return table.claim(...life).then(claimed)
    },
    claimFree(...lives) {
      pass('before-claim')
      return table.claimFree(...lives).then(claimed)
    },
    release(...lives) {
      pass('before-release')
      return table.release(...lives)
    },
    leave(node) {
      pass('before-release')
      return table.leave(node)
    },
  }
}
