import type { Clock } from '../base/clock.ts'
import { GatewayError } from '../base/errors.ts'
import type { Logger } from '../base/logger.ts'
import type { NodeState } from '../base/problem.ts'
import type { Members, OwnedLife, OwnerTable } from '../ports/cluster/owner-table.ts'
import type { Rejoin, Residents } from '../ports/cluster/residents.ts'
import { Membership } from './membership.ts'
import { limitOf, othersIn, surplusOf } from './shares.ts'

/** How often the shares of all are looked at, in ms. */
const LOOK_EVERY = 1_000
/** In so many renewals in a row a claim may be under way. */
const STRANGE_FOR = 3
const LOST = 'The lease of this node could not be renewed in time, and another node may take its sessions'

export interface OwnershipOptions {
  table: OwnerTable
  /** Where no other process is while this one is. */
  place: string
  leaseMs: number
  /** Sessions of this node at most; null: any number. */
  maxSessions: number | null
  /** How many of them come or go in a second. */
  perSecond: number
  clock: Clock
  logger: Logger
}

/**
 * Decides which sessions live on this node: it claims its share of what nobody has, and gives up what is more than that. Who has a session
 * is the database's word alone; a node without a lease has none.
 */
export class Ownership implements Rejoin {
  readonly #options: OwnershipOptions
  readonly #membership: Membership
  #members: Members | null = null
  /** Epochs of lives that were claimed and are not taken up yet, by stream. */
  readonly #claimed = new Map<string, number>()
  /** Lives that are claimed because somebody asks for them, by stream. */
  readonly #adopting = new Map<string, Promise<boolean>>()
  #residents: Residents | null = null
  #looking: Promise<void> | null = null
  #timer: unknown = null
  #moved = { since: 0, count: 0 }
  /** In how many renewals in a row this node had too many, and the database knew of more than run here. */
  #crowded = 0
  #strange = 0
  /** Since when there are sessions that nobody has. */
  #freeSince: number | null = null
  #stopped = false

  constructor(options: OwnershipOptions) {
    this.#options = options
    this.#membership = new Membership({
      ...options,
      counted: () => ({
        sessions: this.#count,
        maxSessions: options.maxSessions,
        stats: this.#residents?.stats() ?? null,
      }),
      onRenewed: (node, members) => this.#renewed(node, members),
      onLost: () => this.#lost(),
    })
  }

  /** The name of this node; null while it has no lease, and nothing may run here. */
  get node(): string | null {
    return this.#membership.node
  }

  /** For how much longer the lease may be believed in, in ms. */
  get leaseLeft(): number {
    return this.#membership.left
  }

  /** All nodes, as of the last renewal; null while this process is none. */
  get members(): Members | null {
    return this.#members
  }

  /** This node, and what it saw of all lately. */
  get state(): NodeState {
    const { nodes = [], free = 0 } = this.#members ?? {}
    const { node: id, leaseLeft } = this
    return {
      ...{ id, url: this.#membership.url, sessions: this.#count, leaseMs: Math.round(leaseLeft) },
      ...{ nodes: nodes.length, free },
    }
  }

  /** For how long, in ms, there have been sessions that no node has. */
  get freeForMs(): number {
    return this.#freeSince === null ? 0 : this.#options.clock.now() - this.#freeSince
  }

  /** How many sessions may still come here. */
  get room(): number {
    return limitOf(this.#options.maxSessions) - this.#count
  }

  /** Begins to have sessions; if the store is away, once it is back. */
  async start(residents: Residents): Promise<void> {
    this.#residents = residents
    this.#options.table.onFreed(() => void this.#freed())
    try {
      await this.begin()
    } catch (error) {
      const fault = error instanceof GatewayError && error.code === 'STORE_FAILED'
      if (!fault) throw error
      residents.standStill(error)
    }
  }

  /** From now on the other nodes reach this one there. */
  reachableAt(url: string): Promise<void> {
    this.#membership.url = url
    return this.#membership.renew()
  }

  async begin(): Promise<void> {
    if (this.#stopped) return
    this.#claimed.clear()
    this.#crowded = 0
    this.#strange = 0
    await this.#membership.begin()
    this.#look()
  }

  /** Takes up a session that nobody has, because somebody asks for it; false: another node has it, or there is no room. */
  adopt(life: Pick<OwnedLife, 'sessionId' | 'streamId'>): Promise<boolean> {
    const { streamId } = life
    const adopted =
      this.#adopting.get(streamId) ?? this.#adopt(life).finally(() => this.#adopting.delete(streamId))
    this.#adopting.set(streamId, adopted)
    return adopted
  }

  async #adopt({ sessionId, streamId }: Pick<OwnedLife, 'sessionId' | 'streamId'>): Promise<boolean> {
    const [residents, node] = [this.#residents, this.node]
    if (residents === null || node === null || !residents.isServing || this.#stopped) return false
    if (residents.has(sessionId)) return true
    if (this.room <= 0) return false
    const epoch = await this.#options.table.claimIfFree(node, streamId).catch(() => null)
    if (epoch === null || this.node !== node) return false
    await this.#takeUp(residents, [{ sessionId, streamId, epoch }])
    return true
  }

  /** Takes no more. What lives here goes elsewhere at once, as far as nobody notices; the rest goes on until `leave`. */
  async evacuate(): Promise<void> {
    this.#stop()
    await this.#looking
    const { node } = this
    if (node === null || this.#residents?.isServing !== true) return
    const { table } = this.#options
    try {
      await table.leaving(node)
      await table.release(
        node,
        await this.#residents.handOver(this.#residents.idlest(Number.POSITIVE_INFINITY)),
      )
    } catch (error) {
      this.#options.logger.debug({ err: error }, 'sessions of this node are given up a little later')
    }
  }

  /** Gives up all sessions that are left, of which nothing may run any more; the lease stays for what else is under way. Never rejects. */
  async giveUpAll(): Promise<void> {
    this.#stop()
    await this.#looking
    if (this.node !== null) await this.#options.table.keepOnly(this.node, []).catch(() => {})
  }

  /** Gives up the lease. */
  async leave(): Promise<void> {
    this.#stop()
    await this.#looking
    await this.#membership.end()
    await this.#options.table.close()
  }

  #stop(): void {
    this.#stopped = true
    this.#options.clock.clearTimeout(this.#timer)
  }

  /** The name of this node for what is written now. Throws STORE_FAILED without a lease. */
  get ownName(): string {
    if (this.node !== null) return this.node
    throw new GatewayError('STORE_FAILED', LOST)
  }

  /** The epoch of a session from now on. Rejects with EPOCH_CONFLICT if another node has it. */
  async claim(streamId: string): Promise<number> {
    const known = this.#claimed.get(streamId)
    this.#claimed.delete(streamId)
    if (known !== undefined) return known
    const node = this.ownName
    const epoch = await this.#options.table.claim(node, streamId)
    if (epoch !== null && this.node === node) return epoch
    throw new GatewayError('EPOCH_CONFLICT', 'Another node has this session.')
  }

  async #renewed(node: string, members: Members): Promise<void> {
    this.#members = members
    this.#freeSince = members.free > 0 ? (this.#freeSince ?? this.#options.clock.now()) : null
    this.#crowded = this.#surplus > 0 ? this.#crowded + 1 : 0
    this.#strange = members.own > this.#count ? this.#strange + 1 : 0
    if (members.mail.length > 0 && this.#residents?.isServing) void this.#residents.readMail(members.mail)
    if (this.#strange < STRANGE_FOR || this.#residents?.isServing !== true) return
    this.#strange = 0
    await this.#options.table.keepOnly(node, [...this.#residents.streams(), ...this.#claimed.keys()])
  }

  #lost(): void {
    this.#members = null
    this.#claimed.clear()
    this.#options.clock.clearTimeout(this.#timer)
    this.#residents?.standStill(new GatewayError('STORE_FAILED', LOST))
  }

  get #count(): number {
    return (this.#residents?.count ?? 0) + this.#claimed.size
  }

  /** How many more than its share this node has, by what it has now and the others had lately. */
  get #surplus(): number {
    const { nodes, free } = this.#members ?? { nodes: [], free: 0 }
    const own = { node: this.node ?? '', sessions: this.#count, limit: limitOf(this.#options.maxSessions) }
    return surplusOf(own, othersIn(nodes, this.node), free)
  }

  /** Sessions were given up somewhere: how many nodes there are may have changed, too. */
  async #freed(): Promise<void> {
    await this.#membership.renew()
    this.#look()
  }

  #look(): void {
    const { clock, logger } = this.#options
    if (this.#looking !== null || this.#stopped) return
    clock.clearTimeout(this.#timer)
    this.#looking = this.#move()
      .catch(error => logger.debug({ err: error }, 'sessions could not be moved, trying again'))
      .finally(() => {
        this.#looking = null
        if (!this.#stopped && this.node !== null)
          this.#timer = clock.setTimeout(() => this.#look(), LOOK_EVERY)
      })
  }

  async #move(): Promise<void> {
    const [residents, node] = [this.#residents, this.node]
    if (residents === null || !residents.isServing || node === null || this.#members === null) return
    const { clock, perSecond } = this.#options
    const now = clock.now()
    if (now - this.#moved.since >= LOOK_EVERY) this.#moved = { since: now, count: 0 }
    const may = perSecond - this.#moved.count
    const surplus = this.#surplus
    if (surplus < 0) await this.#take(residents, node, Math.min(-surplus, may))
    else if (surplus > 0 && this.#crowded > 1) await this.#giveUp(residents, node, Math.min(surplus, may))
  }

  async #take(residents: Residents, node: string, limit: number): Promise<void> {
    if (limit <= 0) return
    const lives = await this.#options.table.claimFree(node, limit)
    // Those of a node that is gone are free again.
    if (lives.length === 0 || this.node !== node) return
    await this.#takeUp(residents, lives)
  }

  async #takeUp(residents: Residents, lives: OwnedLife[]): Promise<void> {
    for (const { streamId, epoch } of lives) this.#claimed.set(streamId, epoch)
    this.#moved.count += lives.length
    await residents.takeUp(lives)
    for (const { streamId } of lives) this.#claimed.delete(streamId)
  }

  async #giveUp(residents: Residents, node: string, limit: number): Promise<void> {
    const idle = limit <= 0 ? [] : residents.idlest(limit)
    if (idle.length === 0) return
    this.#moved.count += idle.length
    const lives = await residents.handOver(idle)
    await this.#options.table.release(node, lives)
    this.#options.logger.info({ sessions: lives.length }, 'sessions were given up for other nodes')
  }
}
