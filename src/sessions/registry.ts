import type { SessionFact } from '../../machines/facts.ts'
import type { ChartWatcher } from '../ports/inspection.ts'
import type { ChatActions, WhatsAppSocket } from '../ports/whatsapp.ts'
import type { SessionActor } from './host/session-actor.ts'
import { openSocketOf } from './open-socket.ts'
import type { Outbox } from './sending/outbox.ts'

/** One session that runs here. */
export interface SessionEntry {
  actor: SessionActor
  outbox: Outbox
}

/** The session actors that run in this process, by session id: roots, whose life the supervisor decides. */
export class SessionRegistry {
  readonly #entries = new Map<string, SessionEntry>()
  #watcher: ChartWatcher | null = null

  get size(): number {
    return this.#entries.size
  }

  find(sessionId: string): SessionEntry | undefined {
    return this.#entries.get(sessionId)
  }

  /** For what a session's own machine calls: it runs, or its machine would not. */
  of(sessionId: string): SessionEntry {
    const entry = this.#entries.get(sessionId)
    if (entry === undefined) throw new Error(`${sessionId} does not run here`)
    return entry
  }

  all(): SessionEntry[] {
    return [...this.#entries.values()]
  }

  add(entry: SessionEntry): void {
    this.#entries.set(entry.actor.sessionId, entry)
    if (this.#watcher !== null) this.#show(entry.actor)
  }

  /** False if this actor is not the one that stands under its session id. */
  remove(actor: SessionActor): boolean {
    if (this.#entries.get(actor.sessionId)?.actor !== actor) return false
    this.#watcher?.ended(actor.sessionId)
    return this.#entries.delete(actor.sessionId)
  }

  /** Tells of the XState actor of each session that runs, and of each that comes, goes on after a crash or goes; null ends that. */
  watch(watcher: ChartWatcher | null): void {
    this.#watcher = watcher
    for (const { actor } of this.all()) this.#show(actor)
  }

  #show(actor: SessionActor): void {
    const watcher = this.#watcher
    actor.watchRoot(watcher && (root => watcher.began(actor.sessionId, root)))
  }

  /** Tells every session a fact; those that have no use for it hear nothing. */
  tellAll(fact: SessionFact): void {
    for (const { actor } of this.all()) void actor.guard(() => actor.tell({ ...fact }))
  }

  /** What can be asked of the session's phone now; null while it is not connected. */
  chatsOf(sessionId: string): ChatActions | null {
    const actor = this.find(sessionId)?.actor
    return (actor && openSocketOf(actor)?.chats) ?? null
  }

  /** The open socket of that life of the session. */
  socketOf(streamId: string, sessionId: string): WhatsAppSocket | null {
    const actor = this.find(sessionId)?.actor
    return actor?.streamId === streamId ? openSocketOf(actor) : null
  }
}
