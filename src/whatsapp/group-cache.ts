import type { GroupMetadata } from '@whiskeysockets/baileys'
import type { LRUCache } from 'lru-cache'
import { bounded } from '../base/bounded.ts'

/** Groups of all sessions whose members are remembered, and for how long: as long as devices of users are. */
const MEMBERS = { max: 1_000, ttl: 5 * 60_000 }
/** A subject is small and changes seldom. */
const SUBJECTS = { max: 20_000, ttl: 24 * 60 * 60_000 }

/** What one socket knows of its groups. A new socket begins with nothing: what changed while it was away it never hears. */
export interface GroupCache {
  members: Memory<GroupMetadata>
  /** null: it was asked and did not say. */
  subjects: Memory<{ subject: string | null }>
}

/** What one socket remembers under a jid. */
export interface Memory<T> {
  get(jid: string): T | undefined
  set(jid: string, value: T, ttl?: number): void
  delete(jid: string): void
}

/** Bounded caches shared by all sessions; the result is called for each new socket. */
export function createGroupCaches(): () => GroupCache {
  const members = bounded<GroupMetadata>(MEMBERS.max, MEMBERS.ttl)
  const subjects = bounded<{ subject: string | null }>(SUBJECTS.max, SUBJECTS.ttl)
  let sockets = 0
  return () => {
    const socket = sockets++
    return { members: viewOf(members, socket), subjects: viewOf(subjects, socket) }
  }
}

/** The part of a shared cache that is one socket's. */
export function viewOf<T extends object>(shared: LRUCache<string, T>, socket: number): Memory<T> {
  const own = (jid: string) => `${socket}/${jid}`
  return {
    get: jid => shared.get(own(jid)),
    set: (jid, value, ttl) => void shared.set(own(jid), value, ttl === undefined ? {} : { ttl }),
    delete: jid => void shared.delete(own(jid)),
  }
}
