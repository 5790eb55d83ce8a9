import type { BaileysEventMap, GroupMetadata } from '@whiskeysockets/baileys'
import type { GroupCache } from './group-cache.ts'
import { isGroup, isOwn } from './jid.ts'

/** A group whose metadata could not be fetched is tried again after this time, in ms. */
const RETRY_AFTER = 10 * 60_000

/** The groups of one socket: who is in them, for sends, and what they are called, for messages that arrive. */
export class Groups {
  readonly #cache: GroupCache
  readonly #fetched: (group: GroupMetadata) => void
  readonly #fetchMetadata: (jid: string) => Promise<GroupMetadata>
  /** Groups whose subject is being fetched, one after the other. */
  readonly #fetching = new Set<string>()
  #last: Promise<void> = Promise.resolve()
  #changes = 0

  constructor(
    cache: GroupCache,
    fetchMetadata: (jid: string) => Promise<GroupMetadata>,
    fetched: (group: GroupMetadata) => void,
  ) {
    this.#fetched = fetched
    this.#cache = cache
    this.#fetchMetadata = fetchMetadata
  }

  /** Who is in a group, for a send: what is known, if nothing has changed since, else what WhatsApp says now. Undefined for other chats. */
  async members(jid: string): Promise<GroupMetadata | undefined> {
    if (!isGroup(jid)) return undefined
    return this.#cache.members.get(jid) ?? this.#refresh(jid)
  }

  /** Whether an account, by one of its names, is an admin of a group. */
  async isAdmin(jid: string, me: { id: string; lid?: string | undefined } | undefined): Promise<boolean> {
    const isMe = (name: string | undefined) => isOwn(me, name)
    const group = await this.members(jid)
    return (
      group?.participants.some(one => one.admin && [one.id, one.lid, one.phoneNumber].some(isMe)) ?? false
    )
  }

  /** What a group is called, or null: then it is fetched in the background, once, and the next message has it. */
  subjectOf(jid: string): string | null {
    const known = this.#cache.subjects.get(jid)
    if (known === undefined && !this.#fetching.has(jid)) {
      this.#fetching.add(jid)
      this.#last = this.#last.then(() => this.#fetchSubject(jid))
    }
    return known?.subject ?? null
  }

  /** Takes in what WhatsApp says about groups. */
  handle(events: Partial<BaileysEventMap>): void {
    for (const { id, subject } of [...(events['groups.upsert'] ?? []), ...(events['groups.update'] ?? [])]) {
      if (id) this.changed(id, subject)
    }
    const { id } = events['group-participants.update'] ?? {}
    if (id) this.changed(id)
  }

  /** Something of a group changed, its subject if there is one: what is known of its members is asked for again. */
  changed(jid: string, subject?: string): void {
    this.#forgetMembers(jid)
    if (subject !== undefined) this.#cache.subjects.set(jid, { subject })
  }

  #forgetMembers(jid: string): void {
    this.#cache.members.delete(jid)
    this.#changes++
  }

  async #fetchSubject(jid: string): Promise<void> {
    try {
      await this.#refresh(jid)
    } catch {
      this.#cache.subjects.set(jid, { subject: null }, RETRY_AFTER)
    }
    this.#fetching.delete(jid)
  }

  async #refresh(jid: string): Promise<GroupMetadata> {
    const before = this.#changes
    const group = await this.#fetchMetadata(jid)
    // An answer from before a change may be older than the change.
    if (this.#changes === before) this.#cache.members.set(jid, group)
    this.#cache.subjects.set(jid, { subject: group.subject || null })
    this.#fetched(group)
    return group
  }
}
