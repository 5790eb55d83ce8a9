import { randomUUID } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Members, NodeNews, OwnerTable } from '../ports/cluster/owner-table.ts'
import { Lease } from './lease.ts'

/** After a renewal that failed the next one comes so soon, in ms. */
const AGAIN_AFTER = 500

export interface MembershipOptions {
  table: Pick<OwnerTable, 'join' | 'renew' | 'leave'>
  /** Where no other process is while this one is. */
  place: string
  leaseMs: number
  clock: Clock
  logger: Logger
  /** What the others are told with each renewal. */
  counted(): Omit<NodeNews, 'url'>
  onRenewed(node: string, members: Members): Promise<void>
  /** All that runs here must end before `begin` is called again. */
  onLost(): void
}

/** Keeps this process a node: one lease in the database, renewed at a third of its time, believed in for half of it. */
export class Membership {
  readonly #options: MembershipOptions
  #node: string | null = null
  #lease: Lease
  #renewing: Promise<void> | null = null
  #timers: { renew: unknown; watch: unknown } = { renew: null, watch: null }
  #ended = false
  /** Where the other nodes reach this one; empty as long as they do not. */
  url = ''

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#lease = new Lease(options.leaseMs)
  }

  /** The name of this node; null while it has no lease. */
  get node(): string | null {
    return this.left > 0 ? this.#node : null
  }

  /** For how much longer the lease may be believed in, in ms. */
  get left(): number {
    const { until } = this.#lease
    return until === null ? 0 : Math.max(0, until - this.#options.clock.now())
  }

  /** A new node, with a new name: whatever the one before had is free. */
  async begin(): Promise<void> {
    const { table, place, leaseMs, clock, logger } = this.#options
    const { url } = this
    this.#endTimers()
    const [node, sentAt] = [randomUUID(), clock.now()]
    await table.join({ node, url, place }, leaseMs)
    this.#node = node
    this.#lease = new Lease(leaseMs)
    this.#lease.confirm(sentAt)
    logger.info({ node, url }, 'this process is a node')
    this.#watch()
    await this.renew()
  }

  /** Renews now; what fails is tried again. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = null
    })
    return this.#renewing
  }

  /** Gives up the lease and all sessions, of which nothing may run any more. Never rejects. */
  async end(): Promise<void> {
    this.#ended = true
    this.#endTimers()
    await this.#renewing
    try {
      if (this.#node !== null) await this.#options.table.leave(this.#node)
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'the sessions of this node are free once its lease is over')
    }
  }

  async #renew(): Promise<void> {
    const { table, leaseMs, clock, logger, counted, onRenewed } = this.#options
    const [node, lease, sentAt] = [this.#node, this.#lease, clock.now()]
    if (node === null || this.#ended) return
    // Whoever slept looks at its lease first: a new one would not bring its sessions back.
    if (!lease.holds(sentAt)) return this.#lost()
    clock.clearTimeout(this.#timers.renew)
    let again = leaseMs / 3
    try {
      const members = await table.renew(node, leaseMs, { url: this.url, ...counted() })
      if (node !== this.#node) return
      if (members === null) return this.#lost()
      lease.confirm(sentAt)
      this.#watch()
      await onRenewed(node, members)
    } catch (error) {
      logger.debug({ err: error }, 'the lease of this node was not renewed, trying again')
      again = AGAIN_AFTER
    }
    if (node !== this.#node || this.#ended) return
    this.#timers.renew = clock.setTimeout(() => void this.renew(), again)
  }

  /** Looks at the lease when it would be over. */
  #watch(): void {
    const { clock } = this.#options
    clock.clearTimeout(this.#timers.watch)
    this.#timers.watch = clock.setTimeout(() => {
      if (this.left === 0) this.#lost()
    }, this.left)
  }

  #lost(): void {
    if (this.#ended) return
    this.#endTimers()
    this.#options.onLost()
    // Until it has begun anew: whoever was told may have been busy with coming back.
    this.#timers.watch = this.#options.clock.setTimeout(() => this.#lost(), this.#options.leaseMs)
  }

  #endTimers(): void {
    for (const timer of Object.values(this.#timers)) this.#options.clock.clearTimeout(timer)
  }
}
