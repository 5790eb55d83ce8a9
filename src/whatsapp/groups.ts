import type { BaileysEventMap, GroupMetadata } from '@whiskeysockets/baileys'
import { LRUCache } from 'lru-cache'
import { isGroup } from './jid.ts'

/** Groups of all sessions whose members are remembered, and for how long: as long as devices of users are. */
const MEMBERS = { max: 1_000, ttl: 5 * 60_000 }
/** A subject is small and changes seldom. */
const SUBJECTS = { max: 20_000, ttl: 24 * 60 * 60_000 }
/** A group that did not say what it is gets asked again after this time, in ms. */
const ASK_AGAIN = 10 * 60_000

/** What one socket knows of its groups. A new socket begins with nothing: what changed while it was away it never hears. */
export interface GroupCache {
  members: Memory<GroupMetadata>
  /** null: it was asked and did not say. */
  subjects: Memory<{ subject: string | null }>
}

interface Memory<T> {
  get(jid: string): T | undefined
  set(jid: string, value: T, ttl?: number): void
  delete(jid: string): void
}

/** Bounded caches shared by all sessions; the result is called for each new socket. */
export function createGroupCaches(): () => GroupCache {
  const members = new LRUCache<string, GroupMetadata>(MEMBERS)
  const subjects = new LRUCache<string, { subject: string | null }>(SUBJECTS)
  let sockets = 0
  return () => {
    const socket = sockets++
    return { members: viewOf(members, socket), subjects: viewOf(subjects, socket) }
  }
}

function viewOf<T extends object>(shared: LRUCache<string, T>, socket: number): Memory<T> {
  const own = (jid: string) => `${socket}/${jid}`
  return {
    get: jid => shared.get(own(jid)),
    set: (jid, value, ttl) => void shared.set(own(jid), value, ttl === undefined ? {} : { ttl }),
    delete: jid => void shared.delete(own(jid)),
  }
}

/** The groups of one socket: who is in them, for sends, and what they are called, for messages that arrive. */
export class Groups {
  readonly #cache: GroupCache
  readonly #ask: (jid: string) => Promise<GroupMetadata>
  /** Groups that are asked, one after the other. */
  readonly #asking = new Set<string>()
  #last: Promise<void> = Promise.resolve()
  #changes = 0

  constructor(cache: GroupCache, ask: (jid: string) => Promise<GroupMetadata>) {
    this.#cache = cache
    this.#ask = ask
  }

  /** Who is in a group, for a send: what is known, if nothing has changed since, else what WhatsApp says now. Undefined for other chats. */
  async members(jid: string): Promise<GroupMetadata | undefined> {
    if (!isGroup(jid)) return undefined
    return this.#cache.members.get(jid) ?? this.#learn(jid)
  }

  /** What a group is called, or null: then it is asked in the background, once, and the next message has it. */
  subjectOf(jid: string): string | null {
    const known = this.#cache.subjects.get(jid)
    if (known === undefined && !this.#asking.has(jid)) {
      this.#asking.add(jid)
      this.#last = this.#last.then(() => this.#fetch(jid))
    }
    return known?.subject ?? null
  }

  /** Takes in what WhatsApp says about groups. */
  handle(events: Partial<BaileysEventMap>): void {
    for (const { id, subject } of [...(events['groups.upsert'] ?? []), ...(events['groups.update'] ?? [])]) {
      if (!id) continue
      this.#changed(id)
      if (subject !== undefined) this.#cache.subjects.set(id, { subject })
    }
    const { id } = events['group-participants.update'] ?? {}
    if (id) this.#changed(id)
  }

  #changed(jid: string): void {
    this.#cache.members.delete(jid)
    this.#changes++
  }

  async #fetch(jid: string): Promise<void> {
    try {
      await this.#learn(jid)
    } catch {
      this.#cache.subjects.set(jid, { subject: null }, ASK_AGAIN)
    }
    this.#asking.delete(jid)
  }

  async #learn(jid: string): Promise<GroupMetadata> {
    const before = this.#changes
    const group = await this.#ask(jid)
    // What was said before a change may be older than the change.
    if (this.#changes === before) this.#cache.members.set(jid, group)
    this.#cache.subjects.set(jid, { subject: group.subject || null })
    return group
  }
}
