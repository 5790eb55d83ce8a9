import type { AnyActorRef, InspectionEvent } from 'xstate'
import type { Viewer } from './viewer.ts'
import type { Wire } from './wire.ts'

/** One running root with at least one viewer: what XState tells of it is written once, for all of them. */
export class WatchedChart {
  readonly viewers = new Set<Viewer>()
  readonly #name: string
  readonly #root: AnyActorRef
  readonly #wire: Wire
  readonly #subscription: { unsubscribe(): void }

  /** `onError`: the observer threw, which its actor never notices, and is detached. */
  constructor(name: string, root: AnyActorRef, wire: Wire, onError: (error: unknown) => void) {
    this.#name = name
    this.#root = root
    this.#wire = wire
    this.#subscription = root.system.inspect(event => {
      try {
        this.#tell(event)
      } catch (error) {
        this.detach()
        onError(error)
      }
    })
  }

  detach(): void {
    this.#subscription.unsubscribe()
  }

  /** The actors that run, with what they are at. */
  actors(): string[] {
    return this.#all().map(([name, actor]) =>
      JSON.stringify(this.#wire.actor(name, actor, this.#root, actor.getSnapshot())),
    )
  }

  snapshots(): string[] {
    return this.#all().map(([, actor]) =>
      JSON.stringify(this.#wire.snapshot(actor, this.#root, { type: 'xstate.init' }, actor.getSnapshot())),
    )
  }

  #tell(event: InspectionEvent): void {
    const message = this.#wire.live(this.#name, this.#root, event)
    if (message === null) return
    const text = JSON.stringify(message)
    for (const viewer of this.viewers) viewer.push(text)
  }

  #all(): [string, AnyActorRef][] {
    const found: [string, AnyActorRef][] = [[this.#name, this.#root]]
    for (const [name, actor] of found)
      for (const child of Object.values(childrenOf(actor))) found.push([`${name}.${child.id}`, child])
    return found
  }
}

const childrenOf = (actor: AnyActorRef): Record<string, AnyActorRef> =>
  (actor.getSnapshot() as { children?: Record<string, AnyActorRef> } | undefined)?.children ?? {}
