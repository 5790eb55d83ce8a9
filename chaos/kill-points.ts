import type { Overrides } from '../src/app.ts'
import type { Store } from '../src/ports/store.ts'
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

export const KILL_POINT_NAMES = Object.keys(KILL_POINTS) as KillPoint[]

/** Parts of the app that tell each time when one of the moments has come; nothing else of them changes. */
export function watchKillPoints(pass: (point: KillPoint) => void): Overrides {
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

/** A store as most gateways have it: what was decrypted is acknowledged at once, and kept when the upsert handler stores it. */
export function storeWithoutInbox(store: Store): Store {
  return {
    ...store,
    commit({ inbox, ...write }) {
      const committed = store.commit(write)
      return inbox?.some(row => 'put' in row) ? Promise.resolve() : committed
    },
  }
}
